// SPDX-License-Identifier: Apache-2.0
// Makes packets byte by byte: an echo request, a TCP SYN or a UDP datagram (RFC 792, 4443, 9293, 768).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skydive::injector {

enum class Transport : uint8_t { kIcmp, kTcp, kUdp };

struct PacketShape {
  Transport transport = Transport::kIcmp;
  bool ipv6 = false;
  // Without a link layer the packet starts with its IP header.
  bool ethernet = true;
  std::array<uint8_t, 6> source_mac{};
  std::array<uint8_t, 6> destination_mac{};
  // In network order; IPv4 uses the first four bytes.
  std::array<uint8_t, 16> source_ip{};
  std::array<uint8_t, 16> destination_ip{};
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint16_t icmp_id = 0;
  // Time to live, or hop limit.
  uint8_t ttl = 64;
};

// The frame, all lengths and checksums computed, padded to the shortest that Ethernet has. `sequence`: of the SYN.
// Throws std::length_error when the payload does not fit into an IP packet.
std::vector<uint8_t> Forge(const PacketShape& shape, std::string_view payload, uint32_t sequence);

}  // namespace skydive::injector
