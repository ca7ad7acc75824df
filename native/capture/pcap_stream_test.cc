// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap_stream.h"

#include <gtest/gtest.h>

#include "flow/test_frames.h"

namespace skydive::capture {
namespace {

using flow::test::Frame;
using flow::test::Udp;

constexpr int64_t kSecondNs = 1000000000;
constexpr int64_t kOffsetNs = 1000 * kSecondNs;

void Append32(std::vector<uint8_t>& to, uint32_t value) {
  for (int i = 0; i < 4; ++i) to.push_back(uint8_t(value >> (8 * i)));
}

std::vector<uint8_t> Header(uint32_t link_type = 1) {
  std::vector<uint8_t> bytes;
  for (const uint32_t word : {0xa1b23c4du, 0x00040002u, 0u, 0u, 262144u, link_type}) Append32(bytes, word);
  return bytes;
}

void AppendPacket(std::vector<uint8_t>& to, int64_t time_ns, uint16_t port) {
  const std::vector<uint8_t> frame = Frame(1, 2, 17, Udp(port, 9));
  Append32(to, uint32_t(time_ns / kSecondNs));
  Append32(to, uint32_t(time_ns % kSecondNs));
  Append32(to, uint32_t(frame.size()));
  Append32(to, uint32_t(frame.size()));
  to.insert(to.end(), frame.begin(), frame.end());
}

// Times of the packets that are due, by the clock of the wall.
std::vector<int64_t> Due(PcapStream& stream, int64_t now_ns, size_t limit = 100) {
  std::vector<flow::Packet> packets;
  stream.TakeDue(now_ns, kOffsetNs, limit, packets);
  std::vector<int64_t> times;
  for (const flow::Packet& packet : packets) times.push_back(packet.time_ns - kOffsetNs);
  return times;
}

using Times = std::vector<int64_t>;

TEST(PcapStream, PacketsComeWithTheirGapsAndTimesOfNow) {
  PcapStream stream("");
  auto bytes = Header();
  for (const int64_t at : {int64_t{5}, 6 * kSecondNs, 6 * kSecondNs + 300}) AppendPacket(bytes, at, 1);
  ASSERT_TRUE(stream.Feed(bytes));
  EXPECT_EQ(Due(stream, 100), (Times{100})) << "the first one at once";
  EXPECT_EQ(stream.due_ns(), 100 + 6 * kSecondNs - 5);
  EXPECT_EQ(Due(stream, 100 + kSecondNs), Times{});
  const int64_t second = 100 + 6 * kSecondNs - 5;
  EXPECT_EQ(Due(stream, second + 200), (Times{second}));
  EXPECT_EQ(Due(stream, second + 1000), (Times{second + 300})) << "a little late, with its gap";
  EXPECT_FALSE(stream.waiting());
  EXPECT_EQ(stream.due_ns(), PcapStream::kNever);
  EXPECT_TRUE(stream.Finish());
}

TEST(PcapStream, WhatComesLateIsCapturedWhenItComes) {
  PcapStream stream("");
  auto bytes = Header();
  AppendPacket(bytes, 0, 1);
  ASSERT_TRUE(stream.Feed(bytes));
  EXPECT_EQ(Due(stream, 0), (Times{0}));
  std::vector<uint8_t> more;
  AppendPacket(more, kSecondNs, 1);
  AppendPacket(more, kSecondNs + 10, 1);
  ASSERT_TRUE(stream.Feed(more));
  EXPECT_EQ(Due(stream, 9 * kSecondNs), (Times{9 * kSecondNs}));
  EXPECT_EQ(Due(stream, 9 * kSecondNs + 10), (Times{9 * kSecondNs + 10}));
}

TEST(PcapStream, TimeThatGoesBackwardsIsNoGap) {
  PcapStream stream("");
  auto bytes = Header();
  for (const int64_t at : {5 * kSecondNs, kSecondNs, kSecondNs + 7}) AppendPacket(bytes, at, 1);
  ASSERT_TRUE(stream.Feed(bytes));
  EXPECT_EQ(Due(stream, 50), (Times{50, 50}));
  EXPECT_EQ(stream.due_ns(), 57);
}

TEST(PcapStream, ABudgetIsKept) {
  PcapStream stream("");
  auto bytes = Header();
  for (int i = 0; i < 5; ++i) AppendPacket(bytes, 0, 1);
  ASSERT_TRUE(stream.Feed(bytes));
  EXPECT_EQ(Due(stream, 10, 2).size(), 2u);
  EXPECT_EQ(Due(stream, 10, 2).size(), 2u);
  EXPECT_EQ(Due(stream, 10, 2).size(), 1u);
}

TEST(PcapStream, AFilterPassesOverWhatDoesNotMatchAndKeepsTheGaps) {
  PcapStream stream("udp src port 7");
  auto bytes = Header();
  AppendPacket(bytes, 0, 7);
  AppendPacket(bytes, 100, 8);
  AppendPacket(bytes, 300, 7);
  ASSERT_TRUE(stream.Feed(bytes));
  EXPECT_EQ(Due(stream, 10), (Times{10}));
  EXPECT_EQ(stream.due_ns(), 310);
}

TEST(PcapStream, AFilterThatDoesNotSuitTheLinkTypeEndsTheStream) {
  PcapStream stream("ether src 02:00:00:00:00:01");
  auto bytes = Header(228);
  AppendPacket(bytes, 0, 7);
  EXPECT_FALSE(stream.Feed(bytes));
  EXPECT_NE(stream.error().find("the filter does not suit link type 228"), std::string::npos) << stream.error();
}

TEST(PcapStream, PacketsBeforeNonsenseCount) {
  PcapStream stream("");
  auto bytes = Header();
  AppendPacket(bytes, 0, 7);
  bytes.insert(bytes.end(), 16, 0xff);
  EXPECT_FALSE(stream.Feed(bytes));
  EXPECT_NE(stream.error().find("record 2"), std::string::npos) << stream.error();
  EXPECT_EQ(Due(stream, 10).size(), 1u);
  EXPECT_FALSE(stream.Feed(Header()));
}

TEST(PcapStream, SaysWhereItWasCutOff) {
  PcapStream stream("");
  auto bytes = Header();
  AppendPacket(bytes, 0, 7);
  bytes.pop_back();
  ASSERT_TRUE(stream.Feed(bytes));
  EXPECT_FALSE(stream.Finish());
  EXPECT_NE(stream.error().find("inside record 1"), std::string::npos) << stream.error();
  PcapStream empty("");
  EXPECT_FALSE(empty.recognized());
  EXPECT_FALSE(empty.Finish());
}

TEST(PcapStream, ARecordTakesABoundedPartOfMemory) {
  PcapStream stream("");
  auto bytes = Header();
  bytes[16] = bytes[17] = bytes[18] = 0xff;  // a snapshot length of 16 MiB
  for (const uint32_t word : {0u, 0u, PcapStream::kMaxRecord + 1, PcapStream::kMaxRecord + 1}) Append32(bytes, word);
  EXPECT_FALSE(stream.Feed(bytes));
}

}  // namespace
}  // namespace skydive::capture
