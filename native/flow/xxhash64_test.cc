// SPDX-License-Identifier: Apache-2.0
#include "flow/xxhash64.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string_view>

namespace skydive::flow {
namespace {

TEST(XxHash64, ReadsBelow32BytesLeaveTheStateAlone) {
  XxHash64 hash(0);
  EXPECT_EQ(hash.Sum(), 0xef46db3751d8e999);
  hash.Write("a", 1);
  EXPECT_EQ(hash.Sum(), 0xd24ec4f1a98c6e5b);
  EXPECT_EQ(hash.Sum(), 0xd24ec4f1a98c6e5b);
}

TEST(XxHash64, ReadsFrom32BytesOnChangeTheState) {
  XxHash64 hash(0);
  const uint8_t zeros[40] = {};
  hash.Write(zeros, 32);
  EXPECT_EQ(hash.Sum(), 0xf6e9be5d70632cf5);
  EXPECT_EQ(hash.Sum(), 0x1a784bfdf13f25cf);
  hash.Write(zeros, 8);
  EXPECT_EQ(hash.Sum(), 0x46314efd04af6c15);
  XxHash64 fresh(0);
  fresh.Write(zeros, 40);
  EXPECT_EQ(fresh.Sum(), 0xf628aee62df1d172);
}

TEST(XxHash64, PiecesOfAnySizeGiveTheSameDigest) {
  uint8_t bytes[48];
  std::iota(bytes, bytes + sizeof bytes, uint8_t{0});
  for (size_t step = 1; step <= sizeof bytes; ++step) {
    XxHash64 hash(0);
    for (size_t at = 0; at < sizeof bytes; at += step)
      hash.Write(bytes + at, std::min(step, sizeof bytes - at));
    EXPECT_EQ(hash.Sum(), 0x8fe437632da06964) << step;
    EXPECT_EQ(hash.Sum(), 0x1bd92c3916da5d05) << step;
  }
}

TEST(XxHash64, SeedAndBigEndianNumber) {
  XxHash64 hash(0x2607598d9323247b);
  hash.WriteU64(1500000000000);
  EXPECT_EQ(hash.Sum(), 0x25a359a2cfdb35b6);
  const std::string_view node = "aabbccdd-0000-5000-8000-000000000001";
  hash.Write(node.data(), node.size());
  EXPECT_EQ(hash.Sum(), 0xcf76c88d2c0858d2);
}

}  // namespace
}  // namespace skydive::flow
