// SPDX-License-Identifier: Apache-2.0
// One decoder a protocol: each appends its layer to the stack and says what follows.
// Where a header is refused follows gopacket 1.1.17, whose layer lists name the flows.
#pragma once

#include "layers/protocol.h"
#include "layers/stack.h"

namespace skydive::layers {

// Where an unknown type ends the packet in peace instead of making it malformed.
inline Protocol OrEnd(Protocol next) { return next == Protocol::kUnknown ? Protocol::kEnd : next; }

Step DecodeEthernet(Stack& stack, Cursor data);
// Ethernet inside MPLS or ERSPAN: listed even when it is too short, and never the packet's link layer.
Step DecodeInnerEthernet(Stack& stack, Cursor data);
Step DecodeDot1Q(Stack& stack, Cursor data);
Step DecodeLlc(Stack& stack, Cursor data);
Step DecodeSnap(Stack& stack, Cursor data);
Step DecodeStp(Stack& stack, Cursor data);
Step DecodeArp(Stack& stack, Cursor data);
Step DecodeIpv4(Stack& stack, Cursor data);
Step DecodeIpv6(Stack& stack, Cursor data);
// IPv6 whose hop-by-hop header is not listed (inside MPLS, raw IP devices).
Step DecodeIpv6Bare(Stack& stack, Cursor data);
Step DecodeIpv6HopByHop(Stack& stack, Cursor data);
Step DecodeIpv6Routing(Stack& stack, Cursor data);
Step DecodeIpv6Fragment(Stack& stack, Cursor data);
Step DecodeIpv6Destination(Stack& stack, Cursor data);
Step DecodeFragment(Stack& stack, Cursor data);
Step DecodeTcp(Stack& stack, Cursor data);
Step DecodeUdp(Stack& stack, Cursor data);
Step DecodeUdpLite(Stack& stack, Cursor data);
Step DecodeRudp(Stack& stack, Cursor data);
Step DecodeSctp(Stack& stack, Cursor data);
Step DecodeSctpChunk(Stack& stack, Cursor data);
Step DecodeIcmpv4(Stack& stack, Cursor data);
Step DecodeIcmpv6(Stack& stack, Cursor data);
Step DecodeIcmpv6Message(Stack& stack, Cursor data, Protocol message);
Step DecodeMld(Stack& stack, Cursor data, Protocol message);
Step DecodeIgmp(Stack& stack, Cursor data);
Step DecodeGre(Stack& stack, Cursor data);
Step DecodeErspan2(Stack& stack, Cursor data);
Step DecodeMpls(Stack& stack, Cursor data);
Step DecodeVxlan(Stack& stack, Cursor data);
Step DecodeGeneve(Stack& stack, Cursor data);
Step DecodeGtpv1u(Stack& stack, Cursor data);
Step DecodeEtherIp(Stack& stack, Cursor data);
Step DecodePppoe(Stack& stack, Cursor data);
Step DecodePpp(Stack& stack, Cursor data);
Step DecodeIpsecAh(Stack& stack, Cursor data);
Step DecodeIpsecEsp(Stack& stack, Cursor data);
Step DecodeVrrp(Stack& stack, Cursor data);
Step DecodeOspf(Stack& stack, Cursor data);
Step DecodeLldp(Stack& stack, Cursor data);
Step DecodeEapol(Stack& stack, Cursor data);
Step DecodeEap(Stack& stack, Cursor data);
Step DecodeEapolKey(Stack& stack, Cursor data);
Step DecodeCiscoDiscovery(Stack& stack, Cursor data);
Step DecodeCiscoDiscoveryInfo(Stack& stack, Cursor data);
Step DecodeNortelDiscovery(Stack& stack, Cursor data);
Step DecodeEthernetCtp(Stack& stack, Cursor data);
Step DecodeEthernetCtpFunction(Stack& stack, Cursor data);
Step DecodeLoopback(Stack& stack, Cursor data);
Step DecodeLinuxSll(Stack& stack, Cursor data);
Step DecodeDns(Stack& stack, Cursor data);
Step DecodeNtp(Stack& stack, Cursor data);
Step DecodeDhcpv4(Stack& stack, Cursor data);
Step DecodeDhcpv6(Stack& stack, Cursor data);
Step DecodeSip(Stack& stack, Cursor data);
Step DecodeSflow(Stack& stack, Cursor data);
Step DecodeBfd(Stack& stack, Cursor data);

}  // namespace skydive::layers
