// SPDX-License-Identifier: Apache-2.0
#include "flow/large_memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace skydive::flow {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kPage = 4096;

size_t RoundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

LargeMemory::LargeMemory(size_t bytes, bool wanted) {
  if (bytes == 0) return;
  // From malloc, where a sanitizer finds what is referred to from here.
  bytes_ = RoundUp(bytes, wanted ? kPage : kAlignment);
  data_ = static_cast<std::byte*>(std::aligned_alloc(wanted ? kPage : kAlignment, bytes_));
  if (data_ == nullptr) throw std::bad_alloc();
  // A kernel before 5.14 refuses; it works without.
  if (wanted) madvise(data_, bytes_, MADV_POPULATE_WRITE);
  std::memset(data_, 0, bytes_);
}

LargeMemory::~LargeMemory() { std::free(data_); }

}  // namespace skydive::flow
