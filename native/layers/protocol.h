// SPDX-License-Identifier: Apache-2.0
// What to decode next, and how decoding of one layer ended.
#pragma once

#include <cstdint>

#include "layers/cursor.h"

namespace skydive::layers {

enum class Protocol : uint8_t {
  // How it ended.
  kEnd,      // nothing more to decode
  kBad,      // the layer is malformed: the path ends here, inside MPLS the bytes are tried as Ethernet
  kOverrun,  // a read past the end: the path ends here, whatever encloses it
  kUnknown,  // no decoder: malformed if bytes follow
  // What follows.
  kPayload,
  kFragment,
  kEthernet,
  kDot1Q,
  kLlc,
  kSnap,
  kStp,
  kArp,
  kIpv4,
  kIpv6,
  kIpv4Or6,      // by version nibble, else malformed (pcap link types 12 and 101)
  kRawIp,        // by version nibble, else ARP (devices without link layer)
  kMplsPayload,  // IPv4 or IPv6 by nibble, else or on error Ethernet
  kIpv6HopByHop,
  kIpv6Routing,
  kIpv6Fragment,
  kIpv6Destination,
  kTcp,
  kUdp,
  kUdpLite,
  kRudp,
  kSctp,
  kSctpChunk,
  kIcmpv4,
  kIcmpv6,
  kIcmpv6Echo,
  kIcmpv6RouterSolicitation,
  kIcmpv6RouterAdvertisement,
  kIcmpv6NeighborSolicitation,
  kIcmpv6NeighborAdvertisement,
  kIcmpv6Redirect,
  kMldv1Query,
  kMldv1Report,
  kMldv1Done,
  kMldv2Query,
  kMldv2Report,
  kIgmp,
  kGre,
  kErspan2,
  kMpls,
  kVxlan,
  kGeneve,
  kGtpv1u,
  kEtherIp,
  kPppoe,
  kPpp,
  kIpsecAh,
  kIpsecEsp,
  kVrrp,
  kOspf,
  kLldp,
  kEapol,
  kEap,
  kEapolKey,
  kCiscoDiscovery,
  kCiscoDiscoveryInfo,
  kNortelDiscovery,
  kEthernetCtp,
  kEthernetCtpFunction,
  kLoopback,
  kLinuxSll,
  kDns,
  kNtp,
  kDhcpv4,
  kDhcpv6,
  kSip,
  kSflow,
  kBfd,
};

// The result of one decoder: what follows and its bytes.
struct Step {
  Protocol next = Protocol::kEnd;
  Cursor payload;
};

inline constexpr Step kEndStep{Protocol::kEnd, {}};
inline constexpr Step kBadStep{Protocol::kBad, {}};
inline constexpr Step kOverrunStep{Protocol::kOverrun, {}};

Protocol OfEtherType(uint16_t ether_type);
Protocol OfIpProtocol(uint8_t protocol);

}  // namespace skydive::layers
