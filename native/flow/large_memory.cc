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
// Less is had from malloc.
constexpr size_t kLeastMapped = 64 << 10;

size_t RoundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

LargeMemory::LargeMemory(size_t bytes, bool wanted) {
  if (bytes == 0) return;
  if (bytes < kLeastMapped) {
    bytes_ = RoundUp(bytes, kAlignment);
    data_ = static_cast<std::byte*>(std::aligned_alloc(kAlignment, bytes_));
    if (data_ == nullptr) throw std::bad_alloc();
    std::memset(data_, 0, bytes_);
    return;
  }
  bytes_ = RoundUp(bytes, kPage);
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | (wanted ? MAP_POPULATE : 0);
  void* map = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (map == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(map);
}

LargeMemory::~LargeMemory() {
  if (data_ == nullptr) return;
  if (bytes_ < kLeastMapped) {
    std::free(data_);
  } else {
    munmap(data_, bytes_);
  }
}

}  // namespace skydive::flow
