// SPDX-License-Identifier: Apache-2.0
#include "flow/large_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace skydive::flow {
namespace {

constexpr size_t kAlignment = 64;

size_t RoundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

LargeMemory::LargeMemory(size_t bytes) {
  if (bytes == 0) return;
  if (bytes < kHugePage) {
    bytes_ = RoundUp(bytes, kAlignment);
    data_ = static_cast<std::byte*>(std::aligned_alloc(kAlignment, bytes_));
    if (data_ == nullptr) throw std::bad_alloc();
    std::memset(data_, 0, bytes_);
    return;
  }
  bytes_ = RoundUp(bytes, kHugePage);
  // One page more, of which the ends that are not wanted go back.
  const size_t mapped = bytes_ + kHugePage;
  void* map = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw std::bad_alloc();
  auto* begin = static_cast<std::byte*>(map);
  const size_t before = RoundUp(reinterpret_cast<uintptr_t>(begin), kHugePage) - reinterpret_cast<uintptr_t>(begin);
  if (before > 0) munmap(begin, before);
  munmap(begin + before + bytes_, kHugePage - before);
  data_ = begin + before;
  // A kernel without huge pages refuses; it works without.
  madvise(data_, bytes_, MADV_HUGEPAGE);
}

LargeMemory::~LargeMemory() {
  if (data_ == nullptr) return;
  if (bytes_ < kHugePage) {
    std::free(data_);
  } else {
    munmap(data_, bytes_);
  }
}

}  // namespace skydive::flow
