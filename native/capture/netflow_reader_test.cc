// SPDX-License-Identifier: Apache-2.0
#include "capture/netflow_reader.h"

#include <gtest/gtest.h>

#include <vector>

namespace skydive::capture {
namespace {

class Datagram {
 public:
  Datagram& U8(uint8_t value) {
    bytes_.push_back(value);
    return *this;
  }
  Datagram& U16(uint16_t value) { return U8(uint8_t(value >> 8)).U8(uint8_t(value)); }
  Datagram& U32(uint32_t value) { return U16(uint16_t(value >> 16)).U16(uint16_t(value)); }
  Datagram& Set(uint16_t id, const Datagram& more) {
    U16(id).U16(uint16_t(more.bytes_.size() + 4));
    bytes_.insert(bytes_.end(), more.bytes_.begin(), more.bytes_.end());
    return *this;
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

constexpr int64_t kNow = 1700000000000;

struct Exchange {
  NetflowReader reader;
  std::vector<ExportedFlow> flows;
  std::string why;

  bool Read(const std::vector<uint8_t>& bytes, uint16_t port = 1) {
    why.clear();
    kernel::UdpSource exporter;
    exporter.port = port;
    return reader.Read({bytes.data(), bytes.size()}, exporter, kNow,
                       [this](const ExportedFlow& flow) { flows.push_back(flow); }, why);
  }
};

std::vector<uint8_t> Ipfix(uint32_t sequence, const Datagram& sets) {
  Datagram datagram;
  datagram.U16(10).U16(uint16_t(16 + sets.bytes().size())).U32(1700000000).U32(sequence).U32(5);
  std::vector<uint8_t> bytes = datagram.bytes();
  bytes.insert(bytes.end(), sets.bytes().begin(), sets.bytes().end());
  return bytes;
}

// IPv4 ends, ports, protocol, octets and packets, and those of the way back; then a name of any length.
Datagram Template() {
  Datagram set;
  set.U16(256).U16(10);
  for (const auto& [id, length] : std::initializer_list<std::pair<uint16_t, uint16_t>>{
           {8, 4}, {12, 4}, {7, 2}, {11, 2}, {4, 1}, {1, 4}, {2, 2}})
    set.U16(id).U16(length);
  set.U16(0x8001).U16(4).U32(29305).U16(0x8002).U16(2).U32(29305);
  return set.U16(82).U16(65535);
}

Datagram Record() {
  return Datagram().U32(0x0a000001).U32(0x0a000002).U16(1000).U16(80).U8(6).U32(5000).U16(50).U32(700).U16(7).U8(2).U8('l').U8('o');
}

TEST(Netflow, Version5TakesTimesFromTheExportersClock) {
  Datagram datagram;
  datagram.U16(5).U16(1).U32(60000).U32(0).U32(0).U32(10).U32(0);
  datagram.U32(0x0a000001).U32(0x0a000002).U32(0).U32(0).U32(50).U32(5000).U32(10000).U32(20000);
  datagram.U16(1000).U16(80).U8(0).U8(0x1b).U8(6).U8(0).U32(0).U32(0);
  Exchange exchange;
  ASSERT_TRUE(exchange.Read(datagram.bytes())) << exchange.why;
  ASSERT_EQ(exchange.flows.size(), 1u);
  const ExportedFlow& flow = exchange.flows[0];
  EXPECT_EQ(flow.start_ms, kNow - 50000);
  EXPECT_EQ(flow.last_ms, kNow - 40000);
  EXPECT_EQ(flow.packets, 50u);
  EXPECT_EQ(flow.bytes, 5000u);
  EXPECT_EQ(flow.tcp_flags, 0x1b);
  EXPECT_EQ(flow.source_port, 1000);
  EXPECT_EQ(flow.destination[3], 2);
}

TEST(Netflow, IpfixRecordsNeedTheirTemplate) {
  Exchange exchange;
  EXPECT_TRUE(exchange.Read(Ipfix(0, Datagram().Set(256, Record()))));
  EXPECT_EQ(exchange.reader.stats().no_template, 1u);
  EXPECT_TRUE(exchange.Read(Ipfix(1, Datagram().Set(2, Template()).Set(256, Record())))) << exchange.why;
  ASSERT_EQ(exchange.flows.size(), 1u);
  const ExportedFlow& flow = exchange.flows[0];
  EXPECT_EQ(flow.bytes, 5000u);
  EXPECT_EQ(flow.packets, 50u);
  EXPECT_EQ(flow.reverse_bytes, 700u);
  EXPECT_EQ(flow.reverse_packets, 7u);
  EXPECT_EQ(flow.start_ms, kNow);
  // Another exporter has templates of its own.
  EXPECT_TRUE(exchange.Read(Ipfix(0, Datagram().Set(256, Record())), 2));
  EXPECT_EQ(exchange.flows.size(), 1u);
}

TEST(Netflow, LostRecordsAreCountedByTheirSequence) {
  Exchange exchange;
  exchange.Read(Ipfix(0, Datagram().Set(2, Template()).Set(256, Record())));
  exchange.Read(Ipfix(1, Datagram().Set(256, Record())));
  EXPECT_EQ(exchange.reader.stats().lost, 0u);
  exchange.Read(Ipfix(7, Datagram().Set(256, Record())));
  EXPECT_EQ(exchange.reader.stats().lost, 5u);
  // Started anew.
  exchange.Read(Ipfix(0, Datagram().Set(256, Record())));
  EXPECT_EQ(exchange.reader.stats().lost, 5u);
}

TEST(Netflow, AWithdrawnTemplateIsForgotten) {
  Exchange exchange;
  exchange.Read(Ipfix(0, Datagram().Set(2, Template())));
  exchange.Read(Ipfix(0, Datagram().Set(2, Datagram().U16(256).U16(0))));
  exchange.Read(Ipfix(0, Datagram().Set(256, Record())));
  EXPECT_EQ(exchange.reader.stats().no_template, 1u);
}

std::vector<uint8_t> Version9(uint32_t seconds, uint32_t uptime, const Datagram& sets) {
  Datagram datagram;
  datagram.U16(9).U16(1).U32(uptime).U32(seconds).U32(0).U32(7);
  std::vector<uint8_t> bytes = datagram.bytes();
  bytes.insert(bytes.end(), sets.bytes().begin(), sets.bytes().end());
  return bytes;
}

Datagram Fields(std::initializer_list<std::pair<uint16_t, uint16_t>> fields) {
  Datagram set;
  set.U16(256).U16(uint16_t(fields.size()));
  for (const auto& [id, length] : fields) set.U16(id).U16(length);
  return set;
}

// Two numbers of four bytes each, beside an address.
ExportedFlow OfNumbers(std::pair<uint16_t, uint32_t> one, std::pair<uint16_t, uint32_t> other) {
  Exchange exchange;
  const Datagram sets = Datagram()
                            .Set(2, Fields({{8, 4}, {one.first, 4}, {other.first, 4}}))
                            .Set(256, Datagram().U32(0x0a000001).U32(one.second).U32(other.second));
  EXPECT_TRUE(exchange.Read(Ipfix(0, sets))) << exchange.why;
  EXPECT_EQ(exchange.flows.size(), 1u);
  return exchange.flows.at(0);
}

TEST(Netflow, ElementsAreFieldsOfFlows) {
  struct Row {
    uint16_t bytes, packets;
    bool totals, reverse;
  };
  for (const Row& row : {Row{1, 2, false, false}, {85, 86, true, false}, {23, 24, false, false},
                         {231, 298, false, false}, {232, 299, false, true}}) {
    const ExportedFlow flow = OfNumbers({row.bytes, 5000}, {row.packets, 50});
    EXPECT_EQ(flow.totals, row.totals) << row.bytes;
    EXPECT_EQ(row.reverse ? flow.reverse_bytes : flow.bytes, 5000u) << row.bytes;
    EXPECT_EQ(row.reverse ? flow.reverse_packets : flow.packets, 50u) << row.bytes;
  }
  for (const auto& [one, other] : {std::pair<uint16_t, uint16_t>{2, 86}, {86, 2}}) {
    const ExportedFlow flow = OfNumbers({one, one == 2 ? 5 : 500}, {other, other == 2 ? 5 : 500});
    EXPECT_FALSE(flow.totals) << "of both the difference counts";
    EXPECT_EQ(flow.packets, 5u);
  }
  EXPECT_EQ(OfNumbers({4, 17}, {6, 2}).protocol, 17);
  EXPECT_EQ(OfNumbers({4, 17}, {6, 2}).tcp_flags, 2);
  EXPECT_EQ(OfNumbers({4, 17}, {6, 2}).side, ExportedFlow::Side::kUnknown);
  EXPECT_EQ(OfNumbers({4, 17}, {61, 0}).side, ExportedFlow::Side::kIn);
  EXPECT_EQ(OfNumbers({4, 17}, {61, 1}).side, ExportedFlow::Side::kOut);
  EXPECT_EQ(OfNumbers({7, 1000}, {11, 80}).source_port, 1000);
  EXPECT_EQ(OfNumbers({7, 1000}, {11, 80}).destination_port, 80);
  EXPECT_EQ(OfNumbers({32, 0x0301}, {4, 1}).icmp_type, 3);
  EXPECT_EQ(OfNumbers({139, 0x0301}, {4, 58}).icmp_code, 1);
  EXPECT_EQ(OfNumbers({176, 8}, {177, 4}).icmp_type, 8);
  EXPECT_EQ(OfNumbers({178, 8}, {179, 4}).icmp_code, 4);
  EXPECT_EQ(OfNumbers({58, 0x1005}, {4, 1}).vlan, 5);
  EXPECT_EQ(OfNumbers({243, 5}, {4, 1}).vlan, 5);
}

TEST(Netflow, TimesAreThoseOfThisHost) {
  // Seconds since the epoch.
  ExportedFlow flow = OfNumbers({150, 1699999990}, {151, 1699999995});
  EXPECT_EQ(flow.start_ms, kNow - 10000);
  EXPECT_EQ(flow.last_ms, kNow - 5000);
  // Microseconds before the export.
  flow = OfNumbers({158, 9000000}, {159, 4000000});
  EXPECT_EQ(flow.start_ms, kNow - 9000);
  EXPECT_EQ(flow.last_ms, kNow - 4000);
  // The exporter's clock, before it tells when that was 0: what it lasted.
  flow = OfNumbers({22, 1000}, {21, 4000});
  EXPECT_EQ(flow.start_ms, kNow - 3000);
  EXPECT_EQ(flow.last_ms, kNow);
}

TEST(Netflow, AnIpfixExporterTellsWhenItsClockBegan) {
  Exchange exchange;
  Datagram options;
  options.U16(300).U16(2).U16(1).U16(149).U16(4).U16(160).U16(8);
  const Datagram told = Datagram().U32(5).U32(uint32_t((kNow - 60000) >> 32)).U32(uint32_t(kNow - 60000));
  const Datagram times = Fields({{8, 4}, {22, 4}, {21, 4}});
  const Datagram record = Datagram().U32(0x0a000001).U32(10000).U32(20000);
  ASSERT_TRUE(exchange.Read(Ipfix(0, Datagram().Set(3, options).Set(300, told).Set(2, times).Set(256, record))))
      << exchange.why;
  ASSERT_EQ(exchange.flows.size(), 1u);
  EXPECT_EQ(exchange.flows[0].start_ms, kNow - 50000);
  EXPECT_EQ(exchange.flows[0].last_ms, kNow - 40000);
}

TEST(Netflow, AClockThatIsWrongIsCorrected) {
  const Datagram set = Fields({{8, 4}, {22, 4}, {21, 4}, {150, 4}, {151, 4}});
  // An hour behind; then so little that the difference may be the way here.
  for (const auto& [behind_s, start_ms] : std::initializer_list<std::pair<uint32_t, int64_t>>{
           {3600, kNow - 10000}, {2, kNow - 12000}}) {
    Exchange exchange;
    const uint32_t now_s = uint32_t(kNow / 1000) - behind_s;
    const Datagram record = Datagram().U32(0x0a000001).U32(1).U32(2).U32(now_s - 10).U32(now_s - 5);
    ASSERT_TRUE(exchange.Read(Version9(now_s, 1000, Datagram().Set(0, set).Set(256, record)))) << exchange.why;
    EXPECT_EQ(exchange.flows.at(0).start_ms, start_ms);
  }
  // Times of the uptime never depend on it; they go on when its 32 bits are used up.
  Exchange exchange;
  const Datagram uptimes = Fields({{8, 4}, {22, 4}, {21, 4}});
  const Datagram record = Datagram().U32(0x0a000001).U32(uint32_t(-500)).U32(100);
  ASSERT_TRUE(exchange.Read(Version9(1, 1000, Datagram().Set(0, uptimes).Set(256, record)))) << exchange.why;
  EXPECT_EQ(exchange.flows.at(0).start_ms, kNow - 1500);
  EXPECT_EQ(exchange.flows.at(0).last_ms, kNow - 900);
}

TEST(Netflow, SamplingIsNoted) {
  Exchange version5;
  Datagram datagram;
  datagram.U16(5).U16(1).U32(60000).U32(0).U32(0).U32(10).U16(0).U16(0x4000 | 100);
  for (int i = 0; i < 12; ++i) datagram.U32(0);
  ASSERT_TRUE(version5.Read(datagram.bytes())) << version5.why;
  EXPECT_EQ(version5.reader.stats().sampling, 100u);
  for (const uint16_t element : {34, 50, 305}) {
    Exchange exchange;
    Datagram options;
    options.U16(300).U16(2).U16(1).U16(149).U16(4).U16(element).U16(4);
    ASSERT_TRUE(exchange.Read(Ipfix(0, Datagram().Set(3, options).Set(300, Datagram().U32(5).U32(1000)))));
    EXPECT_EQ(exchange.reader.stats().sampling, 1000u) << element;
    EXPECT_TRUE(exchange.flows.empty());
  }
  // Ten packets, then 90 that are left out.
  Exchange exchange;
  Datagram options;
  options.U16(300).U16(3).U16(1).U16(149).U16(4).U16(305).U16(4).U16(306).U16(4);
  ASSERT_TRUE(exchange.Read(Ipfix(0, Datagram().Set(3, options).Set(300, Datagram().U32(5).U32(10).U32(90)))));
  EXPECT_EQ(exchange.reader.stats().sampling, 10u);
}

TEST(Netflow, OfATemplateForBothVersionsOfIpTheOneThatIsFilledCounts) {
  Exchange exchange;
  const Datagram set = Fields({{8, 4}, {12, 4}, {27, 16}, {28, 16}});
  Datagram four = Datagram().U32(0x0a000001).U32(0x0a000002);
  Datagram six = Datagram().U32(0).U32(0);
  for (int i = 0; i < 8; ++i) four.U32(0);
  for (int i = 0; i < 8; ++i) six.U32(0xfd000000 + uint32_t(i));
  ASSERT_TRUE(exchange.Read(Ipfix(0, Datagram().Set(2, set).Set(256, four).Set(256, six)))) << exchange.why;
  ASSERT_EQ(exchange.flows.size(), 2u);
  EXPECT_EQ(exchange.flows[0].address_bytes, 4);
  EXPECT_EQ(exchange.flows[0].destination[3], 2);
  EXPECT_EQ(exchange.flows[1].address_bytes, 16);
  EXPECT_EQ(exchange.flows[1].destination[15], 7);
}

TEST(Netflow, TemplatesOfExportersThatAreSilentMakeRoom) {
  Exchange exchange;
  for (uint16_t port = 1; port <= 2000; ++port) {
    ASSERT_TRUE(exchange.Read(Ipfix(0, Datagram().Set(2, Template())), port)) << exchange.why;
    // One that goes on is never the oldest.
    ASSERT_TRUE(exchange.Read(Ipfix(0, Datagram().Set(256, Record())), 1)) << exchange.why;
  }
  EXPECT_EQ(exchange.flows.size(), 2000u);
  EXPECT_EQ(exchange.reader.stats().templates_dropped, 2000u - 1024u);
  EXPECT_EQ(exchange.reader.stats().no_template, 0u);
}

TEST(Netflow, TemplatesTakeBoundedMemory) {
  Exchange exchange;
  // 256 fields each: one exporter has room for 1024 of them.
  for (uint16_t id = 256; id < 256 + 2048; ++id) {
    Datagram large;
    large.U16(id).U16(256);
    for (int i = 0; i < 256; ++i) large.U16(8).U16(4);
    ASSERT_TRUE(exchange.Read(Ipfix(0, Datagram().Set(2, large)))) << exchange.why;
  }
  EXPECT_EQ(exchange.reader.stats().templates_dropped, 1024u);
}

TEST(Netflow, WhatIsMalformedSaysSo) {
  Exchange exchange;
  EXPECT_FALSE(exchange.Read(Datagram().U16(8).U16(1).bytes()));
  EXPECT_NE(exchange.why.find("NetFlow version 8"), std::string::npos);
  const std::vector<uint8_t> whole = Ipfix(0, Datagram().Set(2, Template()).Set(256, Record()));
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(exchange.Read({whole.begin(), whole.begin() + long(size)})) << size;
  // A record of no bytes would be read for ever.
  EXPECT_FALSE(exchange.Read(Ipfix(0, Datagram().Set(2, Datagram().U16(300).U16(1).U16(8).U16(0)))));
  EXPECT_EQ(exchange.reader.stats().malformed, 2 + whole.size());
}

}  // namespace
}  // namespace skydive::capture
