// SPDX-License-Identifier: Apache-2.0
#include "flow/hash_index.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace skydive::flow {
namespace {

// Tags are drawn from few values, so that entries crowd and wrap around the end.
TEST(HashIndex, AgreesWithAMapOverRandomSteps) {
  HashIndex index;
  std::unordered_map<uint64_t, uint32_t> map;
  std::vector<uint64_t> hash_of_place;
  std::mt19937_64 random(3);
  for (int step = 0; step < 40000; ++step) {
    const uint64_t high = random() % 4 == 0 ? 0xffff - random() % 40 : random() % 3000;
    const uint64_t hash = high << 48 | random() % 4;
    const auto same = [&](uint32_t place) { return hash_of_place[place] == hash; };
    const uint32_t found = index.Find(hash, same);
    const auto expected = map.find(hash);
    ASSERT_EQ(found, expected == map.end() ? HashIndex::kNotFound : expected->second);
    if (found == HashIndex::kNotFound) {
      hash_of_place.push_back(hash);
      index.Insert(hash, uint32_t(hash_of_place.size() - 1));
      map[hash] = uint32_t(hash_of_place.size() - 1);
    } else if (random() % 2 == 0) {
      index.Remove(hash, found);
      map.erase(hash);
    }
  }
  EXPECT_GT(map.size(), 500u);
}

}  // namespace
}  // namespace skydive::flow
