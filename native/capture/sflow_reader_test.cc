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
  std::map<std::string, uint64_t> counters;
  uint32_t interface = 0;
  std::string why;
  bool whole = false;
};

Seen Read(const std::vector<uint8_t>& bytes) {
  Seen seen;
  const SflowSink sink{[&seen](const SflowPacket& packet) {
                         seen.packets.emplace_back(packet.data.data(), packet.data.data() + packet.data.size());
                         seen.lengths.push_back(packet.length);
                       },
                       [&seen](const SflowCounters& counters) {
                         if (counters.kind == SflowCounters::Kind::kInterface) seen.interface = counters.interface;
                         for (const auto& [name, value] : counters.values) seen.counters[name] = value;
                       }};
  seen.whole = ReadSflow({bytes.data(), bytes.size()}, sink, seen.why);
  return seen;
}

const std::vector<uint8_t> kPacket = {1, 2, 3, 4, 5};

Datagram Header() {
  // Ethernet, 104 bytes of which 4 were stripped, 5 captured.
  return Datagram().U32(1).U32(104).U32(4).U32(5).Bytes(kPacket);
}

TEST(Sflow, SampledPacketsHaveTheirLengthOnTheWire) {
  const Datagram plain = Datagram().U32(1).U32(2).U32(64).U32(64).U32(0).U32(3).U32(4).U32(1).Record(1, Header());
  const Datagram expanded = Datagram().U32(1).U32(0).U32(2).U32(64).U32(64).U32(0).U32(0).U32(3).U32(0).U32(4).U32(1).Record(
      1, Header());
  const Seen seen = Read(Head(2).Record(1, plain).Record(3, expanded).bytes());
  EXPECT_TRUE(seen.whole) << seen.why;
  EXPECT_EQ(seen.packets, (std::vector<std::vector<uint8_t>>{kPacket, kPacket}));
  EXPECT_EQ(seen.lengths, (std::vector<uint32_t>{100, 100}));
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
