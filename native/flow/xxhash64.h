// SPDX-License-Identifier: Apache-2.0
// xxHash64 as flow identifiers use it: reading a digest of 32 bytes or more changes the state that later
// writes and reads go on from, so the order of reads is part of every identifier.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skydive::flow {

class XxHash64 {
 public:
  explicit XxHash64(uint64_t seed);
  void Write(const void* data, size_t size);
  void WriteU64(uint64_t value);  // big endian
  uint64_t Sum();

 private:
  void Block(const uint8_t* block);

  uint64_t seed_;
  uint64_t lane_[4];
  uint64_t total_ = 0;
  size_t pending_ = 0;
  uint8_t buffer_[32];
};

}  // namespace skydive::flow
