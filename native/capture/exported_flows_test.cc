// SPDX-License-Identifier: Apache-2.0
#include "capture/exported_flows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flow/encode.h"
#include "flow/text.h"
#include "flow/text_keys.h"

namespace skydive::capture {
namespace {

constexpr int64_t kNow = 1700000000000;

struct Ends {
  uint8_t source = 1;
  uint8_t destination = 2;
  uint16_t source_port = 1000;
  uint16_t destination_port = 80;
  uint8_t protocol = 6;
};

ExportedFlow Record(uint16_t version, const Ends& ends, uint64_t packets, uint64_t bytes) {
  ExportedFlow record;
  record.version = version;
  record.address_bytes = 4;
  record.source[0] = record.destination[0] = 10;
  record.source[3] = ends.source;
  record.destination[3] = ends.destination;
  record.source_port = ends.source_port;
  record.destination_port = ends.destination_port;
  record.protocol = ends.protocol;
  record.packets = packets;
  record.bytes = bytes;
  record.start_ms = kNow - 5000;
  record.last_ms = kNow - 1000;
  return record;
}

Ends Reversed(const Ends& ends) {
  return {ends.destination, ends.source, ends.destination_port, ends.source_port, ends.protocol};
}

class Scene {
 public:
  explicit Scene(flow::Options options = {}) : table_(Named(std::move(options)), ports_), flows_(table_) {}

  bool Count(const ExportedFlow& record, uint8_t exporter = 1) {
    kernel::UdpSource from;
    from.address[15] = exporter;
    return flows_.Count(record, from, kNow);
  }
  // In the order in which they came.
  std::vector<std::string> Flows() const {
    std::vector<std::string> flows;
    for (const uint32_t place : table_.Places()) EncodeJson(table_, place, flows.emplace_back());
    return flows;
  }
  std::string Only() const {
    const std::vector<std::string> flows = Flows();
    EXPECT_EQ(flows.size(), 1u);
    return flows.empty() ? "" : flows[0];
  }
  flow::Table& table() { return table_; }

 private:
  static flow::Options Named(flow::Options options) {
    options.node_tid = "tid";
    options.capture_id = "cap";
    options.hash_seed = 99;
    return options;
  }

  layers::UdpPorts ports_;
  flow::Table table_;
  ExportedFlows flows_;
};

// The value of a member of the flow's JSON, up to what closes it.
std::string Member(const std::string& json, const std::string& name) {
  const size_t at = json.find('"' + name + "\":");
  if (at == std::string::npos) return "absent";
  const size_t from = at + name.size() + 3;
  if (json[from] != '{') return json.substr(from, json.find_first_of(",}", from) - from);
  return json.substr(from, json.find('}', from) - from + 1);
}

std::string Hex(uint64_t value) {
  std::string text;
  flow::AppendHex(text, value);
  return '"' + text + '"';
}

TEST(ExportedFlows, Version5HasTheFieldsOfTheOriginal) {
  Scene scene;
  ASSERT_TRUE(scene.Count(Record(5, {}, 51, 5001)));
  const std::string flow = scene.Only();
  EXPECT_EQ(Member(flow, "Start"), std::to_string(kNow - 5000));
  EXPECT_EQ(Member(flow, "Last"), std::to_string(kNow - 1000));
  EXPECT_EQ(Member(flow, "Network"), R"({"Protocol":"IPV4","A":"10.0.0.1","B":"10.0.0.2","ID":0})");
  EXPECT_EQ(Member(flow, "Transport"), R"({"Protocol":"TCP","A":1000,"B":80,"ID":0})");
  EXPECT_EQ(Member(flow, "Application"), R"("TCP")");
  EXPECT_EQ(Member(flow, "Metric"),
            R"({"ABPackets":25,"ABBytes":2500,"BAPackets":25,"BABytes":2500,"Start":1699999995000,"Last":1699999999000})");
  EXPECT_EQ(Member(flow, "UUID"), Hex(flow::UuidOf(123, kNow - 5000, "tid")));
  for (const char* name : {"LayersPath", "Link", "ICMP"}) EXPECT_EQ(Member(flow, name), "absent") << name;
  EXPECT_EQ(Member(flow, "NodeTID"), R"("tid")");
  EXPECT_EQ(Member(flow, "CaptureID"), R"("cap")");
}

// Values that the original's own tests expect of these ends.
TEST(ExportedFlows, TrackingIdsAreThoseOfTheTexts) {
  Scene scene;
  ExportedFlow record = Record(5, {0, 0, 37686, 53, 17}, 2, 200);
  const uint8_t host[] = {192, 168, 0, 5};
  std::copy(host, host + 4, record.source);
  std::fill(record.destination, record.destination + 4, uint8_t{8});
  ASSERT_TRUE(scene.Count(record));
  EXPECT_EQ(Member(scene.Only(), "TrackingID"), R"("e67ff9fcd942b47f")");
  EXPECT_EQ(Member(scene.Only(), "L3TrackingID"), R"("e67ff9fcd942b47f")");
}

TEST(ExportedFlows, Version5KnowsSomeProtocols) {
  struct Row {
    uint8_t protocol;
    const char* name;
    const char* application;
  };
  for (const Row& row : {Row{6, "TCP", "TCP"}, {17, "UDP", "UDP"}, {1, "ICMPV4", "ICMPv4"}, {4, "IPV4", "IPV4"},
                         {132, "SCTP", "SCTP"}}) {
    Scene scene;
    ASSERT_TRUE(scene.Count(Record(5, {1, 2, 0, 2048, row.protocol}, 2, 2)));
    EXPECT_EQ(Member(scene.Only(), "Transport"),
              "{\"Protocol\":\"" + std::string(row.name) + "\",\"A\":0,\"B\":2048,\"ID\":0}");
    EXPECT_EQ(Member(scene.Only(), "Application"), '"' + std::string(row.application) + '"');
  }
  // Over the others the original never ends.
  for (const uint8_t protocol : {0, 2, 47, 50, 58, 255}) {
    Scene scene;
    EXPECT_FALSE(scene.Count(Record(5, {1, 2, 0, 0, protocol}, 2, 2))) << int{protocol};
    EXPECT_TRUE(scene.Flows().empty());
  }
}

TEST(ExportedFlows, OfVersion5EachDirectionIsAFlow) {
  Scene scene;
  const Ends ends;
  scene.Count(Record(5, ends, 10, 1000));
  scene.Count(Record(5, Reversed(ends), 20, 2000));
  scene.Count(Record(5, ends, 4, 400));
  const std::vector<std::string> flows = scene.Flows();
  ASSERT_EQ(flows.size(), 2u);
  EXPECT_EQ(Member(flows[1], "ABPackets") + Member(flows[1], "BABytes"), "7700");
  EXPECT_EQ(Member(flows[0], "ABPackets") + Member(flows[0], "BABytes"), "101000");
  EXPECT_EQ(Member(flows[0], "Network"), R"({"Protocol":"IPV4","A":"10.0.0.2","B":"10.0.0.1","ID":0})");
  EXPECT_EQ(Member(flows[0], "TrackingID"), Member(flows[1], "TrackingID"));
}

TEST(ExportedFlows, NewerVersionsCountBothDirectionsOfOneFlow) {
  for (const uint16_t version : {9, 10}) {
    Scene scene;
    const Ends ends;
    scene.Count(Record(version, ends, 11, 1001));
    scene.Count(Record(version, Reversed(ends), 21, 2001));
    ExportedFlow both = Record(version, ends, 3, 300);
    both.reverse_packets = 5;
    both.reverse_bytes = 500;
    both.last_ms = kNow - 10;
    scene.Count(both);
    const std::string flow = scene.Only();
    EXPECT_EQ(Member(flow, "LayersPath"), R"("IPv4/TCP")");
    EXPECT_EQ(Member(flow, "Application"), R"("TCP")");
    EXPECT_EQ(Member(flow, "Network"), R"({"Protocol":"IPV4","A":"10.0.0.1","B":"10.0.0.2","ID":0})");
    EXPECT_EQ(Member(flow, "Metric"),
              R"({"ABPackets":14,"ABBytes":1301,"BAPackets":26,"BABytes":2501,"Start":1699999995000,"Last":1699999999990})");
  }
}

// The first record decides which end is A, whichever is the greater.
TEST(ExportedFlows, TheFirstRecordSaysWhoBegan) {
  Scene scene;
  const Ends ends = {2, 1, 80, 1000, 6};
  scene.Count(Record(9, ends, 11, 1001));
  scene.Count(Record(9, Reversed(ends), 21, 2001));
  EXPECT_EQ(Member(scene.Only(), "Network"), R"({"Protocol":"IPV4","A":"10.0.0.2","B":"10.0.0.1","ID":0})");
  EXPECT_EQ(Member(scene.Only(), "ABPackets"), "11");
  EXPECT_EQ(Member(scene.Only(), "BAPackets"), "21");
}

TEST(ExportedFlows, WhatTellsFlowsApart) {
  const ExportedFlow record = Record(9, {}, 1, 100);
  struct Row {
    const char* what;
    void (*change)(ExportedFlow&);
  };
  for (const Row& row : {Row{"address", [](ExportedFlow& r) { r.source[3] = 9; }},
                         {"port", [](ExportedFlow& r) { r.source_port = 9; }},
                         {"protocol", [](ExportedFlow& r) { r.protocol = 17; }},
                         {"VLAN", [](ExportedFlow& r) { r.vlan = 9; }},
                         {"domain", [](ExportedFlow& r) { r.domain = 9; }},
                         {"version", [](ExportedFlow& r) { r.version = 10; }}}) {
    Scene scene;
    ExportedFlow other = record;
    row.change(other);
    scene.Count(record);
    scene.Count(other);
    EXPECT_EQ(scene.Flows().size(), 2u) << row.what;
  }
  Scene scene;
  scene.Count(record, 1);
  scene.Count(record, 2);
  EXPECT_EQ(scene.Flows().size(), 2u) << "exporter";
}

TEST(ExportedFlows, NoTwoFlowsHaveTheSameUuid) {
  Scene scene;
  for (uint8_t source = 1; source <= 50; ++source) scene.Count(Record(5, {source, 200, 1, 2, 17}, 2, 2));
  std::map<std::string, int> uuids;
  for (const std::string& flow : scene.Flows()) ++uuids[Member(flow, "UUID")];
  EXPECT_EQ(uuids.size(), 50u);
  EXPECT_EQ(uuids[Hex(flow::UuidOf(123, kNow - 5000, "tid"))], 1);
}

TEST(ExportedFlows, TheUuidOfAFlowThatEndedCanBeHadAgain) {
  flow::Options options;
  options.max_entries = 1;
  Scene scene(options);
  scene.Count(Record(5, {1, 2, 1, 2, 17}, 2, 2));
  scene.Count(Record(5, {3, 4, 1, 2, 17}, 2, 2));
  const std::string one = Member(scene.Only(), "UUID");
  scene.Count(Record(5, {5, 6, 1, 2, 17}, 2, 2));
  EXPECT_EQ(Member(scene.Only(), "UUID"), Hex(flow::UuidOf(123, kNow - 5000, "tid")));
  EXPECT_NE(Member(scene.Only(), "UUID"), one);
}

TEST(ExportedFlows, TotalsReplaceWhatWasCounted) {
  Scene scene;
  const auto count = [&scene](uint64_t packets, uint64_t bytes) {
    ExportedFlow record = Record(10, {}, packets, bytes);
    record.totals = true;
    scene.Count(record);
    return Member(scene.Only(), "ABPackets") + "/" + Member(scene.Only(), "ABBytes");
  };
  EXPECT_EQ(count(10, 1000), "10/1000");
  EXPECT_EQ(count(15, 1500), "15/1500");
  EXPECT_EQ(count(15, 1500), "15/1500");
  // Counted from 0 again: the flow began anew.
  EXPECT_EQ(count(2, 200), "17/1700");
}

TEST(ExportedFlows, PacketsThatAnExporterSawOnBothSidesCountOnce) {
  using Side = ExportedFlow::Side;
  Scene scene;
  const auto count = [&scene](const Ends& ends, Side side) {
    ExportedFlow record = Record(10, ends, 10, 1000);
    record.side = side;
    return scene.Count(record);
  };
  const Ends there;
  const Ends back = Reversed(there);
  EXPECT_TRUE(count(there, Side::kIn));
  EXPECT_FALSE(count(there, Side::kOut));
  // Each direction has a side of its own: one interface sees what comes in and what goes out.
  EXPECT_TRUE(count(back, Side::kOut));
  EXPECT_FALSE(count(back, Side::kIn));
  EXPECT_TRUE(count(there, Side::kIn));
  EXPECT_TRUE(count(back, Side::kUnknown));
  EXPECT_EQ(Member(scene.Only(), "ABPackets"), "20");
  EXPECT_EQ(Member(scene.Only(), "BAPackets"), "20");
}

TEST(ExportedFlows, NewerVersionsHaveLinksIpv6AndIcmp) {
  {
    Scene scene;
    ExportedFlow record = Record(10, {}, 1, 100);
    record.has_macs = true;
    record.source_mac[5] = 1;
    record.destination_mac[5] = 2;
    record.vlan = 7;
    scene.Count(record);
    EXPECT_EQ(Member(scene.Only(), "LayersPath"), R"("Ethernet/Dot1Q/IPv4/TCP")");
    EXPECT_EQ(Member(scene.Only(), "Link"),
              R"({"Protocol":"ETHERNET","A":"00:00:00:00:00:01","B":"00:00:00:00:00:02","ID":7})");
  }
  {
    Scene scene;
    ExportedFlow record = Record(9, {0, 0, 0, 0, 58}, 1, 100);
    record.address_bytes = 16;
    record.source[0] = record.destination[0] = 0xfd;
    record.destination[15] = 1;
    record.icmp_type = 128;
    scene.Count(record);
    std::swap(record.source, record.destination);
    record.icmp_type = 129;
    scene.Count(record);
    EXPECT_EQ(Member(scene.Only(), "LayersPath"), R"("IPv6/ICMPv6")");
    EXPECT_EQ(Member(scene.Only(), "Network"), R"({"Protocol":"IPV6","A":"fd00::","B":"fd00::1","ID":0})");
    EXPECT_EQ(Member(scene.Only(), "ICMP"), R"({"Type":"ECHO"})");
    EXPECT_EQ(Member(scene.Only(), "Transport"), "absent");
    EXPECT_EQ(Member(scene.Only(), "BAPackets"), "1");
  }
  {
    // Type and code in the destination port.
    Scene scene;
    scene.Count(Record(9, {1, 2, 0, 0x0301, 1}, 1, 100));
    EXPECT_EQ(Member(scene.Only(), "ICMP"), R"({"Type":"DESTINATION_UNREACHABLE","Code":1})");
    EXPECT_EQ(Member(scene.Only(), "Transport"), "absent");
  }
  {
    Scene scene;
    scene.Count(Record(9, {1, 2, 0, 0, 47}, 1, 100));
    scene.Count(Record(9, {1, 2, 0, 0, 253}, 1, 100));
    EXPECT_EQ(Member(scene.Flows().at(0), "LayersPath"), R"("IPv4/GRE")");
    EXPECT_EQ(Member(scene.Flows().at(1), "LayersPath"), R"("IPv4")");
  }
  {
    Scene scene;
    ExportedFlow record;
    record.version = 9;
    EXPECT_FALSE(scene.Count(record)) << "no ends";
    record.has_macs = true;
    EXPECT_TRUE(scene.Count(record));
    EXPECT_EQ(Member(scene.Only(), "LayersPath"), R"("Ethernet")");
  }
}

TEST(ExportedFlows, PortsNameTheApplicationOfNewerVersions) {
  flow::Options options;
  options.tcp_ports[80] = "HTTP";
  for (const auto& [version, application] : {std::pair<uint16_t, const char*>{5, "\"TCP\""}, {9, "\"HTTP\""}}) {
    Scene scene(options);
    scene.Count(Record(version, {}, 1, 100));
    EXPECT_EQ(Member(scene.Only(), "Application"), application);
  }
}

// Whatever an exporter says, sums stay numbers and times stay in the past.
TEST(ExportedFlows, NonsenseIsBounded) {
  Scene scene;
  for (int i = 0; i < 3; ++i) {
    ExportedFlow record = Record(9, {}, UINT64_MAX, UINT64_MAX);
    record.reverse_packets = record.reverse_bytes = UINT64_MAX;
    record.start_ms = -5;
    record.last_ms = INT64_MAX;
    scene.Count(record);
  }
  EXPECT_EQ(Member(scene.Only(), "ABBytes"), std::to_string(int64_t{1} << 61));
  EXPECT_EQ(Member(scene.Only(), "BAPackets"), std::to_string(int64_t{1} << 61));
  EXPECT_EQ(Member(scene.Only(), "Start"), "0");
  EXPECT_EQ(Member(scene.Only(), "Last"), std::to_string(kNow));
}

}  // namespace
}  // namespace skydive::capture
