// SPDX-License-Identifier: Apache-2.0
#include "flow/store/segment_format.h"

#include <bit>
#include <cstring>

namespace skydive::flow::store {
namespace {

constexpr uint64_t kFirst = 0x9e3779b97f4a7c15;
constexpr uint64_t kSecond = 0xd6e8feb86659fd93;

uint64_t Load(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

// Four lanes at once, so that it costs little beside copying the bytes.
uint64_t Checksum(std::string_view bytes) {
  uint64_t lanes[4] = {kFirst, kSecond, ~kFirst, ~kSecond};
  const size_t size = bytes.size();
  for (; bytes.size() >= 32; bytes.remove_prefix(32)) {
    for (int i = 0; i < 4; ++i) {
      lanes[i] = std::rotl(lanes[i] + Load(bytes.data() + 8 * i) * kSecond, 31) * kFirst;
    }
  }
  char rest[32] = {};
  if (!bytes.empty()) std::memcpy(rest, bytes.data(), bytes.size());
  for (int i = 0; i < 4; ++i) lanes[i] = std::rotl(lanes[i] + Load(rest + 8 * i) * kSecond, 31) * kFirst;
  uint64_t sum = size * kFirst;
  for (const uint64_t lane : lanes) {
    sum = (std::rotl(sum, 27) ^ lane) * kSecond;
    sum ^= sum >> 32;
  }
  return sum;
}

}  // namespace skydive::flow::store
