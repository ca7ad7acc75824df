// SPDX-License-Identifier: Apache-2.0
#include "injector/forge.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <span>
#include <stdexcept>
#include <string>

namespace skydive::injector {
namespace {

PacketShape Shape(Transport transport, bool ipv6) {
  PacketShape shape;
  shape.transport = transport;
  shape.ipv6 = ipv6;
  shape.source_mac = {2, 0, 0, 0, 0, 1};
  shape.destination_mac = {2, 0, 0, 0, 0, 2};
  inet_pton(ipv6 ? AF_INET6 : AF_INET, ipv6 ? "fd00::1" : "192.0.2.1", shape.source_ip.data());
  inet_pton(ipv6 ? AF_INET6 : AF_INET, ipv6 ? "fd00::2" : "192.0.2.2", shape.destination_ip.data());
  shape.source_port = 1000;
  shape.destination_port = 2000;
  shape.icmp_id = 7;
  return shape;
}

uint32_t Sum(std::span<const uint8_t> bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? uint32_t(bytes[i]) << 8 : bytes[i];
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

// Everything that a checksum covers, the checksum included, adds up to all ones (RFC 1071).
void ExpectValid(const PacketShape& shape, std::span<const uint8_t> packet) {
  const size_t header = shape.ipv6 ? 40 : 20;
  const size_t length = shape.ipv6 ? 40 + (packet[4] << 8 | packet[5]) : packet[2] << 8 | packet[3];
  const auto segment = packet.subspan(header, length - header);
  if (!shape.ipv6) {
    EXPECT_EQ(Sum(packet.first(20)), 0xffffu);
  }
  std::vector<uint8_t> covered;
  if (shape.ipv6 || shape.transport != Transport::kIcmp) {
    const auto addresses = shape.ipv6 ? packet.subspan(8, 32) : packet.subspan(12, 8);
    covered.assign(addresses.begin(), addresses.end());
    covered.push_back(0);
    covered.push_back(shape.ipv6 ? packet[6] : packet[9]);
    covered.push_back(uint8_t(segment.size() >> 8));
    covered.push_back(uint8_t(segment.size()));
  }
  covered.insert(covered.end(), segment.begin(), segment.end());
  EXPECT_EQ(Sum(covered), 0xffffu);
}

TEST(Forge, EveryKindHasValidChecksums) {
  for (const Transport transport : {Transport::kIcmp, Transport::kTcp, Transport::kUdp}) {
    for (const bool ipv6 : {false, true}) {
      for (const std::string& payload : {std::string(), std::string("x"), std::string("an even one!"),
                                        std::string(1400, 'z')}) {
        const PacketShape shape = Shape(transport, ipv6);
        const std::vector<uint8_t> frame = Forge(shape, payload, 0x01020304);
        EXPECT_GE(frame.size(), 60u);
        ExpectValid(shape, std::span(frame).subspan(14));
      }
    }
  }
}

TEST(Forge, ASynHasItsSequenceAndNoOptions) {
  const auto frame = Forge(Shape(Transport::kTcp, false), "", 0x01020304);
  const std::vector<uint8_t> tcp(frame.begin() + 34, frame.begin() + 50);
  EXPECT_EQ(tcp, (std::vector<uint8_t>{0x03, 0xe8, 0x07, 0xd0, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 0x02, 0, 0}));
}

TEST(Forge, WithoutALinkLayerTheIpHeaderComesFirst) {
  PacketShape shape = Shape(Transport::kIcmp, false);
  shape.ethernet = false;
  const auto packet = Forge(shape, "", 0);
  EXPECT_EQ(packet.size(), 28u);
  EXPECT_EQ(packet[0], 0x45);
  EXPECT_EQ(packet[8], 64);
}

TEST(Forge, APayloadThatNoPacketHoldsIsRefused) {
  EXPECT_THROW(Forge(Shape(Transport::kUdp, false), std::string(65535, 'x'), 0), std::length_error);
  EXPECT_THROW(Forge(Shape(Transport::kUdp, true), std::string(65530, 'x'), 0), std::length_error);
}

}  // namespace
}  // namespace skydive::injector
