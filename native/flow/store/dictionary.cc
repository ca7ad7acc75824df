// SPDX-License-Identifier: Apache-2.0
#include "flow/store/dictionary.h"

#include <cstring>
#include <random>

namespace skydive::flow::store {
namespace {

uint64_t Seed() {
  static const uint64_t seed = [] {
    std::random_device device;
    return uint64_t{device()} << 32 | device() | 1;
  }();
  return seed;
}

uint64_t Mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = (unsigned __int128)(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd6e8feb86659fd93);
  return uint64_t(product) ^ uint64_t(product >> 64);
}

}  // namespace

uint64_t KeyedHash(uint64_t number) { return Mix(number ^ Seed(), Seed()); }

uint64_t KeyedHash(std::string_view text) {
  uint64_t hash = Seed() ^ text.size();
  while (text.size() >= 8) {
    uint64_t part;
    std::memcpy(&part, text.data(), 8);
    hash = Mix(hash ^ part, Seed());
    text.remove_prefix(8);
  }
  uint64_t part = 0;
  if (!text.empty()) std::memcpy(&part, text.data(), text.size());
  return Mix(hash ^ part, Seed() + 1);
}

}  // namespace skydive::flow::store
