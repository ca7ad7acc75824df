// SPDX-License-Identifier: Apache-2.0
#include "flow/export/ipfix.h"

#include <gtest/gtest.h>

#include <map>

#include "flow/export/test_collector.h"
#include "flow/test_frames.h"

namespace skydive::flow {
namespace {

using test::Collector;
using test::Feed;
using test::Frame;
using test::kStartMs;
using test::Read;
using test::Udp;

using Values = std::map<uint16_t, std::string>;
using Templates = std::map<uint16_t, std::vector<std::pair<uint16_t, uint16_t>>>;

uint64_t NumberOf(const Values& record, uint16_t element) {
  const std::string& value = record.at(element);
  return Read(value, 0, value.size());
}

// Reads a message as a collector does: by the templates that it had before or has in itself.
std::vector<Values> RecordsOf(const std::string& message, Templates& templates) {
  std::vector<Values> records;
  EXPECT_EQ(Read(message, 0, 2), 10u);
  EXPECT_EQ(Read(message, 2, 2), message.size());
  for (size_t at = 16; at < message.size();) {
    const uint64_t id = Read(message, at, 2);
    const size_t end = at + Read(message, at + 2, 2);
    at += 4;
    if (id == 2) {
      while (at < end) {
        auto& fields = templates[uint16_t(Read(message, at, 2))];
        const size_t count = Read(message, at + 2, 2);
        fields.clear();
        at += 4;
        for (size_t i = 0; i < count; ++i, at += 4) fields.emplace_back(Read(message, at, 2), Read(message, at + 2, 2));
      }
      continue;
    }
    EXPECT_TRUE(templates.contains(uint16_t(id))) << id;
    while (at < end) {
      Values& record = records.emplace_back();
      for (const auto& [element, bytes] : templates[uint16_t(id)]) {
        record[element] = message.substr(at, bytes);
        at += bytes;
      }
    }
    EXPECT_EQ(at, end);
  }
  return records;
}

std::vector<uint8_t> Ipv6Udp(uint8_t from, uint8_t to, size_t payload) {
  std::vector<uint8_t> frame = {2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 0x86, 0xdd, 0x60, 0, 0, 0};
  test::Append16(frame, uint16_t(8 + payload));
  frame.push_back(17);
  frame.push_back(64);
  for (const uint8_t last : {from, to}) {
    frame.push_back(0xfd);
    frame.resize(frame.size() + 14);
    frame.push_back(last);
  }
  for (const uint8_t byte : Udp(7, 8, payload)) frame.push_back(byte);
  return frame;
}

struct Scene {
  layers::UdpPorts ports;
  Table table{[] {
                Options options;
                options.ordered = true;
                options.all_news = true;
                return options;
              }(),
              ports};
  Ipfix ipfix{77};
  Collector collector{ipfix};
  Templates templates;

  std::vector<Values> Update(int64_t now_ms) {
    collector.now_ms = now_ms;
    collector.datagrams.clear();
    table.Update(now_ms, collector);
    std::vector<Values> all;
    for (const std::string& message : collector.datagrams) {
      for (Values& record : RecordsOf(message, templates)) all.push_back(std::move(record));
    }
    return all;
  }
};

TEST(Ipfix, TellsEachDirectionByItsTemplate) {
  Scene scene;
  Feed(scene.table, Frame(1, 2, 17, Udp(1000, 53, 10)), kStartMs);
  Feed(scene.table, Frame(2, 1, 17, Udp(53, 1000, 100)), kStartMs + 20);
  const auto records = scene.Update(kStartMs + 1500);
  ASSERT_EQ(records.size(), 2u);
  const Values& there = records[0];
  EXPECT_EQ(NumberOf(there, 8), 0x0a000001u);
  EXPECT_EQ(NumberOf(there, 12), 0x0a000002u);
  EXPECT_EQ(NumberOf(there, 7), 1000u);
  EXPECT_EQ(NumberOf(there, 11), 53u);
  EXPECT_EQ(NumberOf(there, 4), 17u);
  EXPECT_EQ(NumberOf(there, 2), 1u);
  EXPECT_EQ(NumberOf(there, 1), 38u);
  EXPECT_EQ(NumberOf(there, 152), uint64_t(kStartMs));
  EXPECT_EQ(NumberOf(there, 153), uint64_t(kStartMs + 20));
  EXPECT_EQ(NumberOf(there, 136), 2u) << "goes on";
  EXPECT_EQ(NumberOf(there, 56), 0x020000000001u);
  EXPECT_EQ(NumberOf(there, 80), 0x020000000002u);
  EXPECT_EQ(NumberOf(there, 148), scene.table.cold(0).uuid);
  const Values& back = records[1];
  EXPECT_EQ(NumberOf(back, 8), 0x0a000002u);
  EXPECT_EQ(NumberOf(back, 1), 128u);
  EXPECT_EQ(NumberOf(back, 56), 0x020000000002u);
  const std::string& message = scene.collector.datagrams.at(0);
  EXPECT_EQ(Read(message, 4, 4), uint64_t(kStartMs / 1000 + 1));
  EXPECT_EQ(Read(message, 12, 4), 77u);
}

TEST(Ipfix, KeepsIpv6Apart) {
  Scene scene;
  Feed(scene.table, Ipv6Udp(1, 2, 5), kStartMs);
  Feed(scene.table, Frame(1, 2, 17, Udp(1, 2)), kStartMs + 1);
  Feed(scene.table, Ipv6Udp(3, 2, 6), kStartMs + 2);
  const auto records = scene.Update(kStartMs + 1000);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].at(27).size(), 16u);
  EXPECT_EQ(uint8_t(records[0].at(27)[15]), 1u);
  EXPECT_EQ(uint8_t(records[0].at(28)[15]), 2u);
  EXPECT_EQ(NumberOf(records[0], 1), 53u);
  EXPECT_TRUE(records[1].contains(8));
  EXPECT_EQ(NumberOf(records[2], 1), 54u);
}

TEST(Ipfix, MessagesFitAFrameAndAreNumberedByTheRecordsBefore) {
  Scene scene;
  for (uint16_t port = 1; port <= 2500; ++port) Feed(scene.table, Frame(1, 2, 17, Udp(port, 9)), kStartMs + port);
  EXPECT_EQ(scene.Update(kStartMs + 5000).size(), 2500u);
  const auto& messages = scene.collector.datagrams;
  uint64_t before = 0;
  for (size_t i = 0; i < messages.size(); ++i) {
    EXPECT_LE(messages[i].size(), Ipfix::kMaxBytes);
    EXPECT_EQ(Read(messages[i], 8, 4), before) << i;
    const bool templates = Read(messages[i], 16, 2) == 2;
    EXPECT_EQ(templates, i % Ipfix::kTemplateEvery == 0) << i;
    before += RecordsOf(messages[i], scene.templates).size();
  }
  EXPECT_GT(messages.size(), Ipfix::kTemplateEvery);
  Feed(scene.table, Frame(3, 4, 17, Udp(1, 9)), kStartMs + 6000);
  EXPECT_EQ(scene.Update(kStartMs + 7000).size(), 1u);
  EXPECT_EQ(Read(scene.collector.datagrams.at(0), 16, 2), 2u) << "each export begins with the templates";
  EXPECT_EQ(Read(scene.collector.datagrams.at(0), 8, 4), 2500u);
}

TEST(Ipfix, WhatIsNotIpIsCountedAsSkipped) {
  Scene scene;
  std::vector<uint8_t> arp = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
  arp.resize(42);
  Feed(scene.table, arp, kStartMs);
  EXPECT_EQ(scene.Update(kStartMs + 1000).size(), 0u);
  EXPECT_TRUE(scene.collector.datagrams.empty());
  EXPECT_EQ(scene.ipfix.skipped(), 1u);
}

}  // namespace
}  // namespace skydive::flow
