// SPDX-License-Identifier: Apache-2.0
#include "capture/sflow_reader.h"

#include <gtest/gtest.h>

#include <map>

namespace skydive::capture {
namespace {

class Datagram {
 public:
  Datagram& U32(uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes_.push_back(uint8_t(value >> shift));
    return *this;
  }
  Datagram& Bytes(const std::vector<uint8_t>& bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    while (bytes_.size() % 4 != 0) bytes_.push_back(0);
    return *this;
  }
  // A format and the length of what `more` holds, then that.
  Datagram& Record(uint32_t format, const Datagram& more) {
    U32(format).U32(uint32_t(more.bytes_.size()));
    return Bytes(more.bytes_);
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

Datagram Head(uint32_t samples) {
  return Datagram().U32(5).U32(1).U32(0x7f000001).U32(0).U32(1).U32(1000).U32(samples);
}

struct Seen {
  std::vector<std::vector<uint8_t>> packets;
  std::vector<uint32_t> lengths;
  std::vector<uint32_t> rates;
  std::vector<layers::Protocol> firsts;
  std::map<std::string, uint64_t> counters;
  uint32_t interface = 0;
  SflowHead head;
  std::string why;
  bool whole = false;
};

Seen Read(const std::vector<uint8_t>& bytes) {
  Seen seen;
  const SflowSink sink{[&seen](const SflowHead& head) { seen.head = head; },
                       [&seen](const SflowPacket& packet) {
                         seen.packets.emplace_back(packet.data.data(), packet.data.data() + packet.data.size());
                         seen.lengths.push_back(packet.length);
                         seen.rates.push_back(packet.sampling_rate);
                         seen.firsts.push_back(packet.first);
                       },
                       [&seen](const SflowCounters& counters) {
                         if (counters.kind == SflowCounters::Kind::kInterface) seen.interface = counters.interface;
                         for (const auto& [name, value] : counters.values) seen.counters[name] = value;
                       }};
  seen.whole = ReadSflow({bytes.data(), bytes.size()}, sink, seen.why);
  return seen;
}

const std::vector<uint8_t> kPacket = {1, 2, 3, 4, 5};

Datagram Header(uint32_t protocol = 1) {
  // 104 bytes of which 4 were stripped, 5 captured.
  return Datagram().U32(protocol).U32(104).U32(4).U32(5).Bytes(kPacket);
}

TEST(Sflow, SampledPacketsHaveTheirLengthOnTheWire) {
  const Datagram plain = Datagram().U32(1).U32(2).U32(64).U32(64).U32(0).U32(3).U32(4).U32(1).Record(1, Header());
  const Datagram expanded = Datagram().U32(1).U32(0).U32(2).U32(64).U32(64).U32(0).U32(0).U32(3).U32(0).U32(4).U32(1).Record(
      1, Header());
  const Seen seen = Read(Head(2).Record(1, plain).Record(3, expanded).bytes());
  EXPECT_TRUE(seen.whole) << seen.why;
  EXPECT_EQ(seen.packets, (std::vector<std::vector<uint8_t>>{kPacket, kPacket}));
  EXPECT_EQ(seen.lengths, (std::vector<uint32_t>{100, 100}));
  EXPECT_EQ(seen.rates, (std::vector<uint32_t>{64, 64}));
}

TEST(Sflow, HeadersSayWhatTheyStartWith) {
  Datagram sample = Datagram().U32(1).U32(2).U32(0).U32(64).U32(0).U32(3).U32(4).U32(4);
  for (const uint32_t protocol : {1, 11, 12, 7}) sample.Record(1, Header(protocol));
  const Seen seen = Read(Head(1).Record(1, sample).bytes());
  EXPECT_TRUE(seen.whole) << seen.why;
  using layers::Protocol;
  EXPECT_EQ(seen.firsts, (std::vector<Protocol>{Protocol::kEthernet, Protocol::kIpv4, Protocol::kIpv6}));
  EXPECT_EQ(seen.rates, (std::vector<uint32_t>{1, 1, 1}));
}

// Records that nothing is made of, also those over which the original gives up, leave the others alone.
TEST(Sflow, WhatIsNotUsedIsSkipped) {
  for (const uint32_t format : {2, 3, 4, 1001, 1002, 1006, 1012, 0x1000 + 1, 0x9000 + 7}) {
    const Datagram sample = Datagram().U32(1).U32(2).U32(64).U32(64).U32(0).U32(3).U32(4).U32(2).Record(
        format, Datagram().U32(1).U32(2)).Record(1, Header());
    const Seen seen = Read(Head(2).Record(5, Datagram().U32(1)).Record(1, sample).bytes());
    EXPECT_TRUE(seen.whole) << seen.why;
    EXPECT_EQ(seen.packets.size(), 1u) << format;
  }
}

TEST(Sflow, AgentsMayHaveAddressesOfBothKinds) {
  const Datagram sample = Datagram().U32(1).U32(2).U32(64).U32(64).U32(0).U32(3).U32(4).U32(1).Record(1, Header());
  const Datagram six = Datagram().U32(5).U32(2).U32(0xfd000000).U32(0).U32(0).U32(1).U32(3).U32(9).U32(1000).U32(1);
  const Seen of_six = Read(Datagram(six).Record(1, sample).bytes());
  EXPECT_EQ(of_six.packets.size(), 1u);
  EXPECT_EQ(of_six.head.agent[15], 1);
  EXPECT_EQ(of_six.head.part, 3u);
  EXPECT_EQ(of_six.head.sequence, 9u);
  const Seen of_four = Read(Head(0).bytes());
  EXPECT_EQ(of_four.head.agent[0], 127);
  EXPECT_EQ(of_four.head.sequence, 1u);
  const Seen other = Read(Datagram().U32(5).U32(3).U32(0).U32(0).U32(1).U32(1000).U32(0).bytes());
  EXPECT_FALSE(other.whole);
  EXPECT_EQ(other.why, "agent address of type 3");
}

TEST(Sflow, CountersHaveTheirNames) {
  Datagram interface;
  interface.U32(7).U32(6).U32(0).U32(10).U32(1).U32(3).U32(0).U32(1000);
  for (uint32_t i = 1; i <= 6; ++i) interface.U32(i == 3 ? UINT32_MAX : i);
  interface.U32(0).U32(2000);
  for (uint32_t i = 11; i <= 15; ++i) interface.U32(i);
  interface.U32(0);
  Datagram datapath;
  for (uint32_t i = 21; i <= 26; ++i) datapath.U32(i);
  const Datagram sample =
      Datagram().U32(1).U32(7).U32(3).Record(1, interface).Record(99, Datagram().U32(1)).Record(2207, datapath);
  const Seen seen = Read(Head(1).Record(2, sample).bytes());
  EXPECT_TRUE(seen.whole) << seen.why;
  EXPECT_EQ(seen.interface, 7u);
  EXPECT_EQ(seen.counters.at("IfInOctets"), 1000u);
  EXPECT_EQ(seen.counters.at("IfInUcastPkts"), 1u);
  EXPECT_FALSE(seen.counters.contains("IfInBroadcastPkts")) << "all ones say that it is not counted";
  EXPECT_EQ(seen.counters.at("IfOutOctets"), 2000u);
  EXPECT_EQ(seen.counters.at("IfOutErrors"), 15u);
  EXPECT_EQ(seen.counters.at("OvsDpNHit"), 21u);
  EXPECT_EQ(seen.counters.at("OvsDpNMasks"), 26u);
}

// Fields of each kind of counters, in the order in which agents send them: bytes of each, the metadata's name.
TEST(Sflow, EachKindOfCountersHasItsFields) {
  struct Row {
    uint32_t format;
    std::vector<std::pair<int, const char*>> fields;
  };
  const Row rows[] = {
      {2,
       {{4, "EthAlignmentErrors"}, {4, "EthFCSErrors"}, {4, "EthSingleCollisionFrames"},
        {4, "EthMultipleCollisionFrames"}, {4, "EthSQETestErrors"}, {4, "EthDeferredTransmissions"},
        {4, "EthLateCollisions"}, {4, "EthExcessiveCollisions"}, {4, "EthInternalMacTransmitErrors"},
        {4, "EthCarrierSenseErrors"}, {4, "EthFrameTooLongs"}, {4, "EthInternalMacReceiveErrors"},
        {4, "EthSymbolErrors"}}},
      {5,
       {{4, ""}, {8, "VlanOctets"}, {4, "VlanUcastPkts"}, {4, "VlanMulticastPkts"}, {4, "VlanBroadcastPkts"},
        {4, "VlanDiscards"}}},
      {2203,
       {{4, ""}, {4, ""}, {8, "OvsAppMemUsed"}, {8, "OvsAppMemMax"}, {4, "OvsAppFdOpen"}, {4, "OvsAppFdMax"},
        {4, "OvsAppConnOpen"}, {4, "OvsAppConnMax"}}},
      {2207,
       {{4, "OvsDpNHit"}, {4, "OvsDpNMissed"}, {4, "OvsDpNLost"}, {4, "OvsDpNMaskHit"}, {4, "OvsDpNFlows"},
        {4, "OvsDpNMasks"}}},
      {1,
       {{4, ""}, {4, ""}, {8, ""}, {4, ""}, {4, ""}, {8, "IfInOctets"}, {4, "IfInUcastPkts"},
        {4, "IfInMulticastPkts"}, {4, "IfInBroadcastPkts"}, {4, "IfInDiscards"}, {4, "IfInErrors"},
        {4, "IfInUnknownProtos"}, {8, "IfOutOctets"}, {4, "IfOutUcastPkts"}, {4, "IfOutMulticastPkts"},
        {4, "IfOutBroadcastPkts"}, {4, "IfOutDiscards"}, {4, "IfOutErrors"}}},
  };
  for (const Row& row : rows) {
    Datagram record;
    std::map<std::string, uint64_t> wanted;
    uint32_t value = 0;
    for (const auto& [bytes, name] : row.fields) {
      ++value;
      if (bytes == 8) record.U32(value);
      record.U32(value);
      if (*name != 0) wanted[name] = bytes == 8 ? uint64_t{value} << 32 | value : value;
    }
    for (const uint32_t sample : {2, 4}) {
      Datagram counters = Datagram().U32(1).U32(7);
      if (sample == 4) counters.U32(0);
      const Seen seen = Read(Head(1).Record(sample, counters.U32(1).Record(row.format, record)).bytes());
      EXPECT_TRUE(seen.whole) << seen.why;
      EXPECT_EQ(seen.counters, wanted) << row.format;
    }
  }
}

TEST(Sflow, WhatIsCutShortSaysSo) {
  const Datagram sample = Datagram().U32(1).U32(2).U32(64).U32(64).U32(0).U32(3).U32(4).U32(1).Record(1, Header());
  const std::vector<uint8_t> whole = Head(1).Record(1, sample).bytes();
  for (size_t size = 0; size < whole.size() - 3; ++size) {
    const Seen seen = Read({whole.begin(), whole.begin() + long(size)});
    EXPECT_FALSE(seen.whole) << size;
    EXPECT_FALSE(seen.why.empty()) << size;
  }
}

}  // namespace
}  // namespace skydive::capture
