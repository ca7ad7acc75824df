// SPDX-License-Identifier: Apache-2.0
// An array that grows in chunks, so that growing moves nothing and references stay valid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "flow/large_memory.h"

namespace skydive::flow {

template <typename T>
class Slab {
 public:
  static constexpr uint32_t kChunkBits = 9;
  static constexpr uint32_t kChunk = 1u << kChunkBits;

  Slab() = default;
  Slab(Slab&& other) noexcept { *this = std::move(other); }
  Slab& operator=(Slab&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(chunks_, other.chunks_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Slab() {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      for (uint32_t at = 0; at < size_; ++at) (*this)[at].~T();
    }
  }

  T& operator[](uint32_t at) { return chunks_[at >> kChunkBits][at & (kChunk - 1)]; }
  const T& operator[](uint32_t at) const { return chunks_[at >> kChunkBits][at & (kChunk - 1)]; }

  // Makes all places below `size` usable.
  void Grow(uint32_t size) {
    while (capacity() < size) AddChunks();
    // Made when they are about to be used: their memory is touched once, not twice.
    for (; size_ < size; ++size_) new (&(*this)[size_]) T();
  }
  size_t MemoryUse() const {
    size_t bytes = 0;
    for (const LargeMemory& memory : memory_) bytes += memory.bytes();
    return bytes;
  }

 private:
  static constexpr size_t kChunkBytes = size_t{kChunk} * sizeof(T);
  // Beyond so many places growth is by huge pages, two at a time as chunks of flows fill those without a rest.
  static constexpr uint32_t kLarge = 1 << 15;
  static constexpr size_t kLargeBytes = 2 * LargeMemory::kHugePage;
  static_assert(alignof(T) <= 64 && kChunkBytes % 64 == 0 && kChunkBytes <= kLargeBytes);

  uint32_t capacity() const { return uint32_t(chunks_.size()) * kChunk; }

  void AddChunks() {
    memory_.emplace_back(capacity() < kLarge ? kChunkBytes : kLargeBytes);
    std::byte* at = memory_.back().data();
    for (size_t left = memory_.back().bytes(); left >= kChunkBytes; left -= kChunkBytes, at += kChunkBytes) {
      chunks_.push_back(reinterpret_cast<T*>(at));
    }
  }

  std::vector<LargeMemory> memory_;
  std::vector<T*> chunks_;
  uint32_t size_ = 0;
};

}  // namespace skydive::flow
