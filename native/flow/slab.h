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
  // Beyond so many places growth is by more at a time, all of which will be used.
  static constexpr uint32_t kLarge = 1 << 13;
  static constexpr size_t kManyChunks = 8;
  static_assert(alignof(T) <= 64 && kChunkBytes % 64 == 0);

  uint32_t capacity() const { return uint32_t(chunks_.size()) * kChunk; }

  void AddChunks() {
    const bool large = capacity() >= kLarge;
    const size_t count = large ? kManyChunks : 1;
    memory_.emplace_back(count * kChunkBytes, large);
    for (size_t i = 0; i < count; ++i) {
      chunks_.push_back(reinterpret_cast<T*>(memory_.back().data() + i * kChunkBytes));
    }
  }

  std::vector<LargeMemory> memory_;
  std::vector<T*> chunks_;
  uint32_t size_ = 0;
};

}  // namespace skydive::flow
