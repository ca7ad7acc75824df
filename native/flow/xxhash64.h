// SPDX-License-Identifier: Apache-2.0
// xxHash64 as flow identifiers use it: reading a digest of 32 bytes or more changes the state that later
// writes and reads go on from, so the order of reads is part of every identifier.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace skydive::flow {

class XxHash64 {
 public:
  explicit XxHash64(uint64_t seed);
  // Inline, as identifiers are made of many small pieces: where the size is known each is a store.
  void Write(const void* data, size_t size) {
    total_ += size;
    if (size >= sizeof buffer_ - pending_) return Fill(static_cast<const uint8_t*>(data), size);
    std::memcpy(buffer_ + pending_, data, size);
    pending_ += size;
  }
  void WriteU64(uint64_t value) {  // big endian
    static_assert(std::endian::native == std::endian::little);
    const uint64_t swapped = __builtin_bswap64(value);
    Write(&swapped, sizeof swapped);
  }
  uint64_t Sum();

 private:
  // Writes what fills the buffer at least.
  void Fill(const uint8_t* from, size_t size);
  void Block(const uint8_t* block);

  uint64_t seed_;
  uint64_t lane_[4];
  uint64_t total_ = 0;
  size_t pending_ = 0;
  uint8_t buffer_[32];
};

}  // namespace skydive::flow
