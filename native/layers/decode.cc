// SPDX-License-Identifier: Apache-2.0
#include "layers/decode.h"

#include "layers/protocols.h"

namespace skydive::layers {
namespace {

// Where decoding resumes as Ethernet if what is inside MPLS turns out malformed. Innermost last.
class Retries {
 public:
  void Push(Cursor data) {
    if (count_ < Stack::kMaxLayers) bytes_[count_++] = {data.data(), data.size()};
  }
  bool Pop(Cursor& data) {
    if (count_ == 0) return false;
    const Bytes& bytes = bytes_[--count_];
    data = Cursor(bytes.data, bytes.size);
    return true;
  }

 private:
  // Left uninitialized: most packets need none of it.
  struct Bytes {
    const uint8_t* data;
    size_t size;
  };
  std::array<Bytes, Stack::kMaxLayers> bytes_;
  uint32_t count_ = 0;
};

Step AddPayload(Stack& stack, Cursor data) {
  stack.Add(LayerType::kPayload, data, data.size());
  return kEndStep;
}

Step DecodeByVersion(Stack& stack, Cursor data, Protocol otherwise, bool bare) {
  switch (data.U8(0) >> 4) {
    case 4:
      return DecodeIpv4(stack, data);
    case 6:
      return bare ? DecodeIpv6Bare(stack, data) : DecodeIpv6(stack, data);
    default:
      return {otherwise, data};
  }
}

Step DecodeOne(Stack& stack, Protocol protocol, Cursor data) {
  switch (protocol) {
    case Protocol::kEnd:
    case Protocol::kBad:
    case Protocol::kOverrun:
      return {protocol, {}};
    case Protocol::kUnknown:
      return kBadStep;
    case Protocol::kPayload:
      return AddPayload(stack, data);
    case Protocol::kFragment:
      return DecodeFragment(stack, data);
    case Protocol::kEthernet:
      return DecodeEthernet(stack, data);
    case Protocol::kDot1Q:
      return DecodeDot1Q(stack, data);
    case Protocol::kLlc:
      return DecodeLlc(stack, data);
    case Protocol::kSnap:
      return DecodeSnap(stack, data);
    case Protocol::kStp:
      return DecodeStp(stack, data);
    case Protocol::kArp:
      return DecodeArp(stack, data);
    case Protocol::kIpv4:
      return DecodeIpv4(stack, data);
    case Protocol::kIpv6:
      return DecodeIpv6(stack, data);
    case Protocol::kIpv4Or6:
      return DecodeByVersion(stack, data, Protocol::kBad, false);
    case Protocol::kRawIp:
      return DecodeByVersion(stack, data, Protocol::kArp, true);
    case Protocol::kMplsPayload:
      return kBadStep;
    case Protocol::kIpv6HopByHop:
      return DecodeIpv6HopByHop(stack, data);
    case Protocol::kIpv6Routing:
      return DecodeIpv6Routing(stack, data);
    case Protocol::kIpv6Fragment:
      return DecodeIpv6Fragment(stack, data);
    case Protocol::kIpv6Destination:
      return DecodeIpv6Destination(stack, data);
    case Protocol::kTcp:
      return DecodeTcp(stack, data);
    case Protocol::kUdp:
      return DecodeUdp(stack, data);
    case Protocol::kUdpLite:
      return DecodeUdpLite(stack, data);
    case Protocol::kRudp:
      return DecodeRudp(stack, data);
    case Protocol::kSctp:
      return DecodeSctp(stack, data);
    case Protocol::kSctpChunk:
      return DecodeSctpChunk(stack, data);
    case Protocol::kIcmpv4:
      return DecodeIcmpv4(stack, data);
    case Protocol::kIcmpv6:
      return DecodeIcmpv6(stack, data);
    case Protocol::kIcmpv6Echo:
    case Protocol::kIcmpv6RouterSolicitation:
    case Protocol::kIcmpv6RouterAdvertisement:
    case Protocol::kIcmpv6NeighborSolicitation:
    case Protocol::kIcmpv6NeighborAdvertisement:
    case Protocol::kIcmpv6Redirect:
      return DecodeIcmpv6Message(stack, data, protocol);
    case Protocol::kMldv1Query:
    case Protocol::kMldv1Report:
    case Protocol::kMldv1Done:
    case Protocol::kMldv2Query:
    case Protocol::kMldv2Report:
      return DecodeMld(stack, data, protocol);
    case Protocol::kIgmp:
      return DecodeIgmp(stack, data);
    case Protocol::kGre:
      return DecodeGre(stack, data);
    case Protocol::kErspan2:
      return DecodeErspan2(stack, data);
    case Protocol::kMpls:
      return DecodeMpls(stack, data);
    case Protocol::kVxlan:
      return DecodeVxlan(stack, data);
    case Protocol::kGeneve:
      return DecodeGeneve(stack, data);
    case Protocol::kGtpv1u:
      return DecodeGtpv1u(stack, data);
    case Protocol::kEtherIp:
      return DecodeEtherIp(stack, data);
    case Protocol::kPppoe:
      return DecodePppoe(stack, data);
    case Protocol::kPpp:
      return DecodePpp(stack, data);
    case Protocol::kIpsecAh:
      return DecodeIpsecAh(stack, data);
    case Protocol::kIpsecEsp:
      return DecodeIpsecEsp(stack, data);
    case Protocol::kVrrp:
      return DecodeVrrp(stack, data);
    case Protocol::kOspf:
      return DecodeOspf(stack, data);
    case Protocol::kLldp:
      return DecodeLldp(stack, data);
    case Protocol::kEapol:
      return DecodeEapol(stack, data);
    case Protocol::kEap:
      return DecodeEap(stack, data);
    case Protocol::kEapolKey:
      return DecodeEapolKey(stack, data);
    case Protocol::kCiscoDiscovery:
      return DecodeCiscoDiscovery(stack, data);
    case Protocol::kCiscoDiscoveryInfo:
      return DecodeCiscoDiscoveryInfo(stack, data);
    case Protocol::kNortelDiscovery:
      return DecodeNortelDiscovery(stack, data);
    case Protocol::kEthernetCtp:
      return DecodeEthernetCtp(stack, data);
    case Protocol::kEthernetCtpFunction:
      return DecodeEthernetCtpFunction(stack, data);
    case Protocol::kLoopback:
      return DecodeLoopback(stack, data);
    case Protocol::kLinuxSll:
      return DecodeLinuxSll(stack, data);
    case Protocol::kDns:
      return DecodeDns(stack, data);
    case Protocol::kNtp:
      return DecodeNtp(stack, data);
    case Protocol::kDhcpv4:
      return DecodeDhcpv4(stack, data);
    case Protocol::kDhcpv6:
      return DecodeDhcpv6(stack, data);
    case Protocol::kSip:
      return DecodeSip(stack, data);
    case Protocol::kSflow:
      return DecodeSflow(stack, data);
    case Protocol::kBfd:
      return DecodeBfd(stack, data);
  }
  return kBadStep;
}

bool IsOutcome(Protocol protocol) { return protocol <= Protocol::kOverrun; }

// Decodes until the packet ends; the first layer is tried even when there are no bytes.
Protocol Run(Stack& stack, Step step, Retries& retries) {
  for (bool first = true;; first = false) {
    if (!IsOutcome(step.next)) {
      if (stack.Full() || (step.payload.empty() && !first)) return Protocol::kEnd;
      if (step.next == Protocol::kMplsPayload) {
        const Cursor inside = step.payload;
        step = DecodeByVersion(stack, inside, Protocol::kEthernet, true);
        if (step.next == Protocol::kEthernet && step.payload.data() == inside.data()) {
          step = DecodeInnerEthernet(stack, inside);
        } else {
          retries.Push(inside);
        }
      } else {
        step = DecodeOne(stack, step.next, step.payload);
      }
    }
    if (step.next == Protocol::kBad) {
      Cursor again;
      if (stack.Full() || !retries.Pop(again)) return Protocol::kBad;
      step = DecodeInnerEthernet(stack, again);
    } else if (IsOutcome(step.next)) {
      return step.next;
    }
  }
}

}  // namespace

Protocol FirstOfLinkType(uint32_t link_type) {
  switch (link_type) {
    case 0:
    case 108:
      return Protocol::kLoopback;
    case 1:
      return Protocol::kEthernet;
    case 9:
      return Protocol::kPpp;
    case 12:
    case 101:
      return Protocol::kIpv4Or6;
    case 113:
      return Protocol::kLinuxSll;
    case 228:
      return Protocol::kIpv4;
    case 229:
      return Protocol::kIpv6;
    default:
      return Protocol::kUnknown;
  }
}

void Decode(Stack& stack, Protocol first, Cursor data) {
  Retries retries;
  if (Run(stack, {first, data}, retries) != Protocol::kEnd) stack.Add(LayerType::kFailure, data.First(0), 0);
}

void DecodeMore(Stack& stack, Protocol next, Cursor data) {
  Retries retries;
  Run(stack, {next, data}, retries);
}

}  // namespace skydive::layers
