// SPDX-License-Identifier: Apache-2.0
// An array that grows in chunks, so that growing moves nothing and references stay valid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace skydive::flow {

template <typename T>
class Slab {
 public:
  static constexpr uint32_t kChunkBits = 9;
  static constexpr uint32_t kChunk = 1u << kChunkBits;

  T& operator[](uint32_t at) { return chunks_[at >> kChunkBits][at & (kChunk - 1)]; }
  const T& operator[](uint32_t at) const { return chunks_[at >> kChunkBits][at & (kChunk - 1)]; }

  void Grow(uint32_t size) {
    while (capacity() < size) chunks_.push_back(std::make_unique<T[]>(kChunk));
  }
  uint32_t capacity() const { return uint32_t(chunks_.size()) * kChunk; }
  size_t MemoryUse() const { return size_t{capacity()} * sizeof(T); }

 private:
  std::vector<std::unique_ptr<T[]>> chunks_;
};

}  // namespace skydive::flow
