// SPDX-License-Identifier: Apache-2.0
#include "flow/xxhash64.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace skydive::flow {
namespace {

constexpr uint64_t kPrime1 = 11400714785074694791u;
constexpr uint64_t kPrime2 = 14029467366897019727u;
constexpr uint64_t kPrime3 = 1609587929392839161u;
constexpr uint64_t kPrime4 = 9650029242287828579u;
constexpr uint64_t kPrime5 = 2870177450012600261u;

template <typename T>
T Load(const uint8_t* from) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

uint64_t Round(uint64_t lane, uint64_t input) { return std::rotl(lane + input * kPrime2, 31) * kPrime1; }

}  // namespace

XxHash64::XxHash64(uint64_t seed)
    : seed_(seed), lane_{seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1} {}

void XxHash64::Block(const uint8_t* block) {
  for (int i = 0; i < 4; ++i) lane_[i] = Round(lane_[i], Load<uint64_t>(block + 8 * i));
}

void XxHash64::Fill(const uint8_t* from, size_t size) {
  while (size > 0) {
    const size_t part = std::min(size, sizeof buffer_ - pending_);
    std::memcpy(buffer_ + pending_, from, part);
    pending_ += part;
    from += part;
    size -= part;
    if (pending_ == sizeof buffer_) {
      Block(buffer_);
      pending_ = 0;
    }
  }
}

uint64_t XxHash64::Sum() {
  uint64_t hash = seed_ + kPrime5;
  if (total_ >= 32) {
    hash =
        std::rotl(lane_[0], 1) + std::rotl(lane_[1], 7) + std::rotl(lane_[2], 12) + std::rotl(lane_[3], 18);
    for (uint64_t& lane : lane_) {
      lane *= kPrime2;
      hash = (hash ^ (std::rotl(lane, 31) * kPrime1)) * kPrime1 + kPrime4;
    }
  }
  hash += total_;
  const uint8_t* at = buffer_;
  const uint8_t* end = buffer_ + pending_;
  for (; end - at >= 8; at += 8)
    hash = std::rotl(hash ^ Round(0, Load<uint64_t>(at)), 27) * kPrime1 + kPrime4;
  if (end - at >= 4) {
    hash = std::rotl(hash ^ (Load<uint32_t>(at) * kPrime1), 23) * kPrime2 + kPrime3;
    at += 4;
  }
  for (; at < end; ++at) hash = std::rotl(hash ^ (*at * kPrime5), 11) * kPrime1;
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

}  // namespace skydive::flow
