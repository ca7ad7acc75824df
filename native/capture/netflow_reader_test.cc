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

  bool Read(const std::vector<uint8_t>& bytes, const char* exporter = "a") {
    why.clear();
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
  EXPECT_TRUE(exchange.Read(Ipfix(0, Datagram().Set(256, Record())), "b"));
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
