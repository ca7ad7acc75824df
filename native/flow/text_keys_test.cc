// SPDX-License-Identifier: Apache-2.0
#include "flow/text_keys.h"

#include <gtest/gtest.h>

#include <cstring>

#include "flow/text.h"

namespace skydive::flow {
namespace {

Address Ip(std::initializer_list<uint8_t> bytes) {
  Address address;
  address.size = uint8_t(bytes.size());
  std::copy(bytes.begin(), bytes.end(), address.bytes);
  return address;
}

Cold Exchange(Protocol transport, Address a, uint16_t port_a, Address b, uint16_t port_b) {
  Cold flow;
  flow.has_link = flow.link_readable = flow.has_network = flow.has_transport = true;
  flow.transport_protocol = transport;
  flow.ip_a = a;
  flow.ip_b = b;
  flow.port_a = port_a;
  flow.port_b = port_b;
  return flow;
}

std::string Hex(uint64_t value) {
  std::string text;
  AppendHex(text, value);
  return text;
}

// Values that the original's own tests expect.
TEST(TextKeys, AreThoseOfTheOriginal) {
  const Address host = Ip({192, 168, 0, 5});
  const Address dns = Ip({8, 8, 8, 8});
  EXPECT_EQ(Hex(TextKeys(Exchange(Protocol::kUdp, host, 37686, dns, 53), 1).l2), "e67ff9fcd942b47f");
  EXPECT_EQ(Hex(TextKeys(Exchange(Protocol::kUdp, host, 33553, dns, 53), 1).l2), "227af0a31d1e905d");
  const Address server = Ip({216, 58, 211, 67});
  EXPECT_EQ(Hex(TextKeys(Exchange(Protocol::kTcp, host, 54785, server, 80), 1).l2), "ec9e530cf2e13c78");
  Cold arp;
  arp.has_link = arp.link_readable = true;
  const uint8_t from[] = {0xfa, 0x16, 0x3e, 0x29, 0xe0, 0x82};
  std::memcpy(arp.mac_a, from, 6);
  std::memset(arp.mac_b, 0xff, 6);
  EXPECT_EQ(Hex(TextKeys(arp, 1).l2), "324aadac5e538203");
}

TEST(TextKeys, AreThoseOfBothDirections) {
  const Address a = Ip({10, 0, 0, 9});
  const Address b = Ip({10, 0, 0, 10});
  const Keys there = TextKeys(Exchange(Protocol::kTcp, a, 1000, b, 80), 1);
  const Keys back = TextKeys(Exchange(Protocol::kTcp, b, 80, a, 1000), 1);
  EXPECT_EQ(there.l2, back.l2);
  EXPECT_EQ(there.l3, back.l3);
  EXPECT_EQ(there.l2, there.l3);
  EXPECT_NE(there.l2, TextKeys(Exchange(Protocol::kTcp, a, 1001, b, 80), 1).l2);
}

}  // namespace
}  // namespace skydive::flow
