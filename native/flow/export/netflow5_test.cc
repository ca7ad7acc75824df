// SPDX-License-Identifier: Apache-2.0
#include "flow/export/netflow5.h"

#include <gtest/gtest.h>

#include "flow/export/test_collector.h"
#include "flow/test_frames.h"

namespace skydive::flow {
namespace {

using test::Collector;
using test::Feed;
using test::Frame;
using test::kStartMs;
using test::Read;
using test::Tcp;
using test::Udp;

constexpr int64_t kCreatedMs = kStartMs - 5000;
constexpr uint32_t kHost1 = 0x0a000001;
constexpr uint32_t kHost2 = 0x0a000002;

Options AllNews() {
  Options options;
  options.ordered = true;
  options.all_news = true;
  return options;
}

struct Record {
  uint32_t source, destination;
  uint64_t packets, bytes;
  int64_t first_ms, last_ms;
  uint16_t source_port, destination_port;
  uint8_t protocol;
  bool operator==(const Record&) const = default;
};

std::vector<Record> RecordsOf(const std::string& datagram) {
  std::vector<Record> records;
  EXPECT_EQ(Read(datagram, 0, 2), 5u);
  const size_t count = Read(datagram, 2, 2);
  EXPECT_EQ(datagram.size(), Netflow5::kHeaderBytes + count * Netflow5::kRecordBytes);
  for (size_t i = 0; i < count; ++i) {
    const size_t at = Netflow5::kHeaderBytes + i * Netflow5::kRecordBytes;
    EXPECT_EQ(Read(datagram, at + 8, 8), 0u) << "next hop, interfaces";
    EXPECT_EQ(Read(datagram, at + 36, 2), 0u) << "padding, flags";
    EXPECT_EQ(Read(datagram, at + 39, 1), 0u) << "type of service";
    EXPECT_EQ(Read(datagram, at + 40, 8), 0u) << "systems, masks";
    records.push_back({uint32_t(Read(datagram, at, 4)), uint32_t(Read(datagram, at + 4, 4)),
                       Read(datagram, at + 16, 4), Read(datagram, at + 20, 4), int64_t(Read(datagram, at + 24, 4)),
                       int64_t(Read(datagram, at + 28, 4)), uint16_t(Read(datagram, at + 32, 2)),
                       uint16_t(Read(datagram, at + 34, 2)), uint8_t(Read(datagram, at + 38, 1))});
  }
  return records;
}

struct Scene {
  layers::UdpPorts ports;
  Table table{AllNews(), ports};
  Netflow5 netflow{kCreatedMs};
  Collector collector{netflow};

  std::vector<Record> Update(int64_t now_ms) {
    collector.now_ms = now_ms;
    collector.datagrams.clear();
    table.Update(now_ms, collector);
    return All();
  }
  std::vector<Record> Stop() {
    collector.datagrams.clear();
    table.Stop(collector);
    return All();
  }
  std::vector<Record> All() const {
    std::vector<Record> all;
    for (const std::string& datagram : collector.datagrams) {
      for (const Record& record : RecordsOf(datagram)) all.push_back(record);
    }
    return all;
  }
};

TEST(Netflow5, TellsEachDirectionInBytesOfIp) {
  Scene scene;
  Feed(scene.table, Frame(1, 2, 17, Udp(1000, 53, 10)), kStartMs);
  Feed(scene.table, Frame(1, 2, 17, Udp(1000, 53, 20)), kStartMs + 10);
  Feed(scene.table, Frame(2, 1, 17, Udp(53, 1000, 100)), kStartMs + 20);
  const auto records = scene.Update(kStartMs + 1500);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0], (Record{kHost1, kHost2, 2, 28 * 2 + 30, 5000, 5020, 1000, 53, 17}));
  EXPECT_EQ(records[1], (Record{kHost2, kHost1, 1, 128, 5000, 5020, 53, 1000, 17}));
  const std::string& datagram = scene.collector.datagrams.at(0);
  EXPECT_EQ(Read(datagram, 4, 4), 6500u) << "uptime";
  EXPECT_EQ(Read(datagram, 8, 4), uint64_t(kStartMs / 1000 + 1));
  EXPECT_EQ(Read(datagram, 12, 4), 500000000u);
  EXPECT_EQ(Read(datagram, 20, 4), 0x00010000u) << "engine 0/1, no sampling";
}

TEST(Netflow5, TellsEachPacketOnce) {
  Scene scene;
  Feed(scene.table, Frame(1, 2, 6, Tcp(1000, 80, test::kSyn)), kStartMs);
  EXPECT_EQ(scene.Update(kStartMs + 1000).size(), 1u);
  EXPECT_EQ(scene.Update(kStartMs + 2000).size(), 0u);
  Feed(scene.table, Frame(1, 2, 6, Tcp(1000, 80, test::kAck)), kStartMs + 2500);
  Feed(scene.table, Frame(1, 2, 6, Tcp(1000, 80, test::kAck)), kStartMs + 2600);
  const auto more = scene.Update(kStartMs + 3000);
  ASSERT_EQ(more.size(), 1u);
  EXPECT_EQ(more[0], (Record{kHost1, kHost2, 2, 80, 7000, 7600, 1000, 80, 6})) << "since the update before";
  Feed(scene.table, Frame(1, 2, 6, Tcp(1000, 80, test::kAck)), kStartMs + 3500);
  const auto last = scene.Stop();
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].packets, 1u);
}

TEST(Netflow5, ExpiryAfterAnUpdateTellsNothingAgain) {
  Scene scene;
  Feed(scene.table, Frame(1, 2, 17, Udp(1, 2)), kStartMs);
  EXPECT_EQ(scene.Update(kStartMs + 1000).size(), 1u);
  EXPECT_EQ(scene.Stop().size(), 0u);
}

// The analyzer is not told of them at the end, as in the original; a collector would miss their packets.
TEST(Netflow5, FlowsThatBeganWithTheirEndAreToldWhenTheCaptureEnds) {
  Scene scene;
  Feed(scene.table, Frame(1, 2, 6, Tcp(1000, 80, test::kRst)), kStartMs);
  const auto records = scene.Stop();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].packets, 1u);
}

TEST(Netflow5, EchoesCarryTypeAndCodeAsPort) {
  Scene scene;
  Feed(scene.table, Frame(1, 2, 1, {8, 0, 0, 0, 0x12, 0x34, 0, 1}), kStartMs);
  Feed(scene.table, Frame(2, 1, 1, {0, 0, 0, 0, 0x12, 0x34, 0, 1}), kStartMs + 1);
  const auto records = scene.Update(kStartMs + 1000);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0], (Record{kHost1, kHost2, 1, 28, 5000, 5001, 0, 0x800, 1}));
  EXPECT_EQ(records[1], (Record{kHost2, kHost1, 1, 28, 5000, 5001, 0, 0, 1}));
}

TEST(Netflow5, ProtocolsWithoutPortsKeepTheirNumber) {
  Scene scene;
  Feed(scene.table, Frame(1, 2, 2, {0x16, 0, 0, 0, 224, 0, 0, 1}), kStartMs);
  // More fragments.
  Feed(scene.table, Frame(3, 4, 17, Udp(1, 2, 16), 0x2000), kStartMs);
  const auto records = scene.Update(kStartMs + 1000);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].protocol, 2u);
  EXPECT_EQ(records[1].protocol, 17u);
}

TEST(Netflow5, WhatIsNotIpv4IsCountedAsSkipped) {
  Scene scene;
  std::vector<uint8_t> arp = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
  arp.resize(42);
  Feed(scene.table, arp, kStartMs);
  std::vector<uint8_t> ipv6 = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 17, 64};
  ipv6.resize(22 + 32);
  for (const uint8_t byte : Udp(1, 2, 0)) ipv6.push_back(byte);
  Feed(scene.table, ipv6, kStartMs);
  EXPECT_EQ(scene.Update(kStartMs + 1000).size(), 0u);
  EXPECT_EQ(scene.collector.datagrams.size(), 0u);
  EXPECT_EQ(scene.netflow.skipped(), 2u);
}

TEST(Netflow5, DatagramsHoldTwentyRecordsAndAreNumberedByThoseBefore) {
  Scene scene;
  for (uint16_t port = 1; port <= 45; ++port) Feed(scene.table, Frame(1, 2, 17, Udp(port, 9)), kStartMs + port);
  EXPECT_EQ(scene.Update(kStartMs + 1000).size(), 45u);
  std::vector<uint64_t> counts, sequences;
  for (const std::string& datagram : scene.collector.datagrams) {
    counts.push_back(Read(datagram, 2, 2));
    sequences.push_back(Read(datagram, 16, 4));
  }
  EXPECT_EQ(counts, (std::vector<uint64_t>{20, 20, 5}));
  EXPECT_EQ(sequences, (std::vector<uint64_t>{0, 20, 40}));
}

TEST(Netflow5, MoreThanACounterHoldsBecomesSeveralRecords) {
  Scene scene;
  Cold flow;
  flow.has_network = flow.has_transport = true;
  flow.ip_a.size = flow.ip_b.size = 4;
  flow.start_ms = kStartMs;
  const uint32_t place = scene.table.Insert(1, std::move(flow), {}, false, kStartMs);
  const int64_t bytes = 10'000'000'000;
  scene.table.CountMore(place, {7'000'001, bytes, 0, 0}, kStartMs + 900);
  const auto records = scene.Update(kStartMs + 1000);
  ASSERT_EQ(records.size(), 3u);
  uint64_t sum_packets = 0, sum_bytes = 0;
  for (const Record& record : records) {
    sum_packets += record.packets;
    sum_bytes += record.bytes;
  }
  EXPECT_EQ(sum_packets, 7'000'001u);
  EXPECT_EQ(sum_bytes, uint64_t(bytes));
}

TEST(OneWay, KnowsWhatIsBeforeIp) {
  EXPECT_EQ(LinkBytes("Ethernet/IPv4/TCP"), 14u);
  EXPECT_EQ(LinkBytes("Ethernet/Dot1Q/Dot1Q/IPv6/UDP"), 22u);
  EXPECT_EQ(LinkBytes("Ethernet/PPPoE/PPP/IPv4/TCP"), 22u);
  EXPECT_EQ(LinkBytes("Ethernet/LLC/SNAP/IPv4"), 22u);
  EXPECT_EQ(LinkBytes("IPv4/TCP"), 0u);
  EXPECT_EQ(LinkBytes(""), 0u);
}

}  // namespace
}  // namespace skydive::flow
