// SPDX-License-Identifier: Apache-2.0
#include "layers/protocol.h"

namespace skydive::layers {

Protocol OfEtherType(uint16_t ether_type) {
  switch (ether_type) {
    case 0x0000:
      return Protocol::kLlc;
    case 0x0800:
      return Protocol::kIpv4;
    case 0x0806:
      return Protocol::kArp;
    case 0x86dd:
      return Protocol::kIpv6;
    case 0x8100:
    case 0x88a8:
      return Protocol::kDot1Q;
    case 0x8847:
    case 0x8848:
      return Protocol::kMpls;
    case 0x8863:
    case 0x8864:
      return Protocol::kPppoe;
    case 0x880b:
      return Protocol::kPpp;
    case 0x88be:
      return Protocol::kErspan2;
    case 0x88cc:
      return Protocol::kLldp;
    case 0x888e:
      return Protocol::kEapol;
    case 0x9000:
      return Protocol::kEthernetCtp;
    case 0x2000:
      return Protocol::kCiscoDiscovery;
    case 0x01a2:
      return Protocol::kNortelDiscovery;
    case 0x6558:
      return Protocol::kEthernet;
    default:
      return Protocol::kUnknown;
  }
}

Protocol OfIpProtocol(uint8_t protocol) {
  switch (protocol) {
    case 0:
      return Protocol::kIpv6HopByHop;
    case 1:
      return Protocol::kIcmpv4;
    case 2:
      return Protocol::kIgmp;
    case 4:
    case 94:
      return Protocol::kIpv4;
    case 6:
      return Protocol::kTcp;
    case 17:
      return Protocol::kUdp;
    case 27:
      return Protocol::kRudp;
    case 41:
      return Protocol::kIpv6;
    case 43:
      return Protocol::kIpv6Routing;
    case 44:
      return Protocol::kIpv6Fragment;
    case 47:
      return Protocol::kGre;
    case 50:
      return Protocol::kIpsecEsp;
    case 51:
      return Protocol::kIpsecAh;
    case 58:
      return Protocol::kIcmpv6;
    case 59:
      return Protocol::kPayload;
    case 60:
      return Protocol::kIpv6Destination;
    case 89:
      return Protocol::kOspf;
    case 97:
      return Protocol::kEtherIp;
    case 112:
      return Protocol::kVrrp;
    case 132:
      return Protocol::kSctp;
    case 136:
      return Protocol::kUdpLite;
    case 137:
      return Protocol::kMpls;
    default:
      return Protocol::kUnknown;
  }
}

}  // namespace skydive::layers
