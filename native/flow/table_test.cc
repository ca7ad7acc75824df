// SPDX-License-Identifier: Apache-2.0
#include "flow/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "flow/test_frames.h"

namespace skydive::flow {
namespace {

using test::Feed;
using test::Frame;
using test::kStartMs;
using test::Sent;
using test::Tcp;
using test::Udp;

Options Ordered() {
  Options options;
  options.ordered = true;
  return options;
}

TEST(Table, UpdateSendsDeltasOfTouchedFlowsOnly) {
  const layers::UdpPorts ports;
  Table table(Ordered(), ports);
  const auto packet = Frame(1, 2, 17, Udp(1000, 2000));
  const auto feed = [&](int count, int64_t at) {
    for (int i = 0; i < count; ++i) Feed(table, packet, at);
  };
  struct Step {
    int packets;
    int64_t at_ms;
    bool sent;
    int64_t total;
    int64_t delta;
    int64_t start_ms;
  };
  // The period of the first update begins with the flow, later ones with the update before.
  const Step steps[] = {{2, 10000, true, 2, 2, 1000},
                        {0, 20000, false, 2, 0, 10000},
                        {8, 30000, true, 10, 8, 20000},
                        {5, 40000, true, 15, 5, 30000}};
  for (const Step& step : steps) {
    feed(step.packets, kStartMs + step.at_ms - 9000);
    Sent sent;
    table.Update(kStartMs + step.at_ms, sent);
    ASSERT_EQ(sent.flows.size(), step.sent ? 1u : 0u) << step.at_ms;
    const uint32_t place = table.Places().at(0);
    Metric update;
    ASSERT_TRUE(table.LastUpdate(place, update));
    EXPECT_EQ(table.Total(place).counters.ab_packets, step.total);
    EXPECT_EQ(update.counters.ab_packets, step.delta);
    EXPECT_EQ(update.start_ms, kStartMs + step.start_ms);
    EXPECT_EQ(update.last_ms, kStartMs + step.at_ms);
  }
}

TEST(Table, FlowExpiresBetweenOneAndTwoPeriodsOfSilence) {
  const layers::UdpPorts ports;
  Table table(Ordered(), ports);
  Feed(table, Frame(1, 2, 17, Udp(1, 2)), kStartMs + 500);
  Sent sent;
  table.Expire(kStartMs, sent);         // remembers when
  table.Expire(kStartMs + 1000, sent);  // the flow is younger than the tick before
  EXPECT_EQ(sent.flows.size(), 0u);
  table.Expire(kStartMs + 2000, sent);
  ASSERT_EQ(sent.flows.size(), 1u);
  EXPECT_EQ(sent.flows[0].finish, FinishType::kTimeout);
  EXPECT_TRUE(sent.flows[0].updated);
  EXPECT_EQ(sent.flows[0].update.counters.ab_packets, 1);
  EXPECT_EQ(sent.flows[0].update.last_ms, kStartMs + 500);
  EXPECT_EQ(table.stats().flow_count, 0u);
}

TEST(Table, TouchedFlowsOutliveTheirFirstTimer) {
  const layers::UdpPorts ports;
  Table table(Ordered(), ports);
  const auto packet = Frame(1, 2, 17, Udp(1, 2));
  Sent sent;
  for (int64_t at = 0; at < 20; ++at) {
    Feed(table, packet, kStartMs + at * 1000);
    table.Expire(kStartMs + at * 1000, sent);
  }
  EXPECT_EQ(sent.flows.size(), 0u);
  EXPECT_EQ(table.stats().flow_count, 1u);
}

TEST(Table, FlowWhoseTimeWentBackwardsExpiresByItsLastPacket) {
  const layers::UdpPorts ports;
  Table table(Ordered(), ports);
  const auto packet = Frame(1, 2, 17, Udp(1, 2));
  Feed(table, packet, kStartMs + 60000);
  Feed(table, packet, kStartMs);
  Sent sent;
  table.Expire(kStartMs + 5000, sent);
  table.Expire(kStartMs + 6000, sent);
  EXPECT_EQ(sent.flows.size(), 1u);
}

TEST(Table, ApplicationTimeoutEndsSilentFlows) {
  const layers::UdpPorts ports;
  Options options = Ordered();
  options.application_timeouts_ms = {{"ARP", 10000}, {"DNS", 20000}};
  Table table(options, ports);
  std::vector<uint8_t> arp = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
  arp.resize(42);
  std::vector<uint8_t> dns = Udp(3000, 53, 12);
  Feed(table, arp, kStartMs);
  Feed(table, Frame(1, 2, 17, dns), kStartMs);
  Sent first;
  table.Update(kStartMs + 1, first);
  EXPECT_EQ(first.flows.size(), 2u);
  Sent second;
  table.Update(kStartMs + 15000, second);
  ASSERT_EQ(second.flows.size(), 1u);
  EXPECT_EQ(second.flows[0].finish, FinishType::kTimeout);
  EXPECT_EQ(second.flows[0].update.counters.ab_packets, 1);  // left as the update before made it
  EXPECT_EQ(table.stats().flow_count, 1u);
  Sent third;
  table.Update(kStartMs + 20000, third);  // not more than its timeout
  EXPECT_EQ(third.flows.size(), 0u);
  table.Update(kStartMs + 20001, third);
  EXPECT_EQ(third.flows.size(), 1u);
}

TEST(Table, FinishedFlowIsHeldFor15Seconds) {
  const layers::UdpPorts ports;
  Table table(Ordered(), ports);
  Feed(table, Frame(1, 2, 6, Tcp(1, 2, test::kFin)), kStartMs);
  Sent sent;
  table.Update(kStartMs + 5000, sent);
  ASSERT_EQ(sent.flows.size(), 1u);
  EXPECT_EQ(sent.flows[0].finish, FinishType::kTcpFin);
  EXPECT_EQ(table.stats().flow_count, 1u);
  table.Update(kStartMs + 14999, sent);
  EXPECT_EQ(table.stats().flow_count, 1u);
  table.Update(kStartMs + 15000, sent);
  EXPECT_EQ(table.stats().flow_count, 0u);
  EXPECT_EQ(sent.flows.size(), 1u);  // its end is not sent again
}

TEST(Table, FinishIsOfTheFirstPacketOnly) {
  const layers::UdpPorts ports;
  Table table(Ordered(), ports);
  Feed(table, Frame(1, 2, 6, Tcp(1, 2, test::kSyn)), kStartMs);
  Feed(table, Frame(1, 2, 6, Tcp(1, 2, test::kRst)), kStartMs + 1);
  Sent sent;
  table.Stop(sent);
  ASSERT_EQ(sent.flows.size(), 1u);
  EXPECT_EQ(sent.flows[0].finish, FinishType::kTimeout);
}

TEST(Table, FinishedFlowsAreNotSentByTheStop) {
  const layers::UdpPorts ports;
  Table table(Ordered(), ports);
  Feed(table, Frame(1, 2, 6, Tcp(1, 2, test::kRst)), kStartMs);
  Sent sent;
  table.Stop(sent);
  EXPECT_EQ(sent.flows.size(), 0u);
  EXPECT_EQ(table.stats().flow_count, 0u);
}

// Against a list that is kept in order of use.
TEST(Table, EvictionTakesTheLeastRecentlyUsed) {
  const layers::UdpPorts ports;
  Options options = Ordered();
  options.max_entries = 50;
  Table table(options, ports);
  std::mt19937 random(7);
  std::vector<uint16_t> used;
  uint64_t evicted = 0;
  for (int64_t i = 0; i < 20000; ++i) {
    const uint16_t port = uint16_t(1 + random() % 120);
    const auto known = std::find(used.begin(), used.end(), port);
    if (known != used.end()) {
      used.erase(known);
    } else if (used.size() == options.max_entries) {
      used.erase(used.begin());
      ++evicted;
    }
    used.push_back(port);
    Feed(table, Frame(1, 2, 17, Udp(port, 9000)), kStartMs + i);
  }
  std::vector<uint16_t> ports_in_table;
  for (const uint32_t place : table.Places()) ports_in_table.push_back(table.cold(place).port_a);
  EXPECT_EQ(ports_in_table, used);
  EXPECT_EQ(table.stats().flow_dropped, evicted);
}

// The quick way and the whole way must agree whatever order packets come in.
TEST(Table, BatchesOfAnySizeGiveTheSameFlows) {
  std::mt19937 random(11);
  std::vector<std::vector<uint8_t>> frames;
  for (int i = 0; i < 3000; ++i) {
    const uint16_t a = uint16_t(1 + random() % 5), b = uint16_t(1 + random() % 5),
                   p = uint16_t(1 + random() % 3), q = uint16_t(1 + random() % 3);
    frames.push_back(random() % 2 == 0
                         ? Frame(a, b, 17, Udp(p, q))
                         : Frame(a, b, 6, Tcp(p, q, random() % 4 == 0 ? test::kSyn : test::kAck)));
  }
  const auto run = [&](LayerKeyMode mode, size_t batch) {
    const layers::UdpPorts ports;
    Options options = Ordered();
    options.mode = mode;
    Table table(options, ports);
    std::vector<Packet> packets;
    for (size_t i = 0; i < frames.size(); ++i) {
      packets.push_back({layers::Cursor(frames[i].data(), frames[i].size()), int64_t(kStartMs + i) * 1000000,
                         uint32_t(frames[i].size()), 0, layers::Protocol::kEthernet});
    }
    for (size_t at = 0; at < packets.size(); at += batch) {
      table.Process(std::span(packets).subspan(at, std::min(batch, packets.size() - at)));
    }
    std::vector<std::tuple<uint64_t, int64_t, int64_t, int64_t, int64_t>> flows;
    for (const uint32_t place : table.Places()) {
      const Counters counters = table.Total(place).counters;
      flows.emplace_back(table.cold(place).uuid, counters.ab_packets, counters.ab_bytes, counters.ba_packets,
                         counters.ba_bytes);
    }
    return flows;
  };
  for (const LayerKeyMode mode : {LayerKeyMode::kL2, LayerKeyMode::kL3}) {
    const auto one_by_one = run(mode, 1);
    EXPECT_GT(one_by_one.size(), 100u);
    EXPECT_EQ(run(mode, 32), one_by_one);
    EXPECT_EQ(run(mode, 1000), one_by_one);
  }
}

TEST(Table, RawPacketsUpToTheLimitAreSentOnce) {
  const layers::UdpPorts ports;
  Options options = Ordered();
  options.raw_packet_limit = 3;
  Table table(options, ports);
  Sent sent;
  for (int64_t i = 0; i < 2; ++i) Feed(table, Frame(1, 2, 17, Udp(1, 2)), kStartMs + i);
  table.Update(kStartMs + 10, sent);
  for (int64_t i = 0; i < 5; ++i) Feed(table, Frame(1, 2, 17, Udp(1, 2)), kStartMs + 20 + i);
  table.Update(kStartMs + 30, sent);
  ASSERT_EQ(sent.flows.size(), 2u);
  EXPECT_EQ(sent.flows[0].raw_packets, 2u);
  EXPECT_EQ(sent.flows[1].raw_packets, 1u);
}

TEST(Table, PortMapNamesApplicationsSourceFirst) {
  const layers::UdpPorts ports;
  Options options = Ordered();
  options.tcp_ports = {{80, "HTTP"}, {8080, "PROXY"}};
  options.udp_ports = {{4000, "GAME"}};
  Table table(options, ports);
  Feed(table, Frame(1, 2, 6, Tcp(80, 8080, test::kAck)), kStartMs);
  Feed(table, Frame(1, 3, 6, Tcp(9, 8080, test::kAck)), kStartMs);
  Feed(table, Frame(1, 4, 17, Udp(9, 4000)), kStartMs);
  Feed(table, Frame(1, 5, 17, Udp(80, 8080)), kStartMs);
  std::vector<std::string> names;
  for (const uint32_t place : table.Places()) names.push_back(table.name(place).application);
  EXPECT_EQ(names, (std::vector<std::string>{"HTTP", "PROXY", "GAME", "UDP"}));
}

TEST(Table, PlacesAreUsedAgain) {
  const layers::UdpPorts ports;
  Table table(Ordered(), ports);
  Sent sent;
  for (int round = 0; round < 50; ++round) {
    for (uint16_t port = 1; port <= 200; ++port)
      Feed(table, Frame(1, 2, 17, Udp(uint16_t(round * 200 + port), 1)), kStartMs + round);
    table.Stop(sent);
  }
  EXPECT_EQ(sent.flows.size(), 10000u);
  std::set<uint64_t> uuids;
  for (const Sent::Flow& flow : sent.flows) uuids.insert(flow.uuid);
  EXPECT_EQ(uuids.size(), 10000u);
  EXPECT_LT(table.MemoryUse(), size_t{4} << 20);
}

}  // namespace
}  // namespace skydive::flow
