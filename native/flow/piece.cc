// SPDX-License-Identifier: Apache-2.0
#include "flow/piece.h"

namespace skydive::flow {
namespace {

using layers::Layer;
using layers::LayerType;
using layers::Stack;

int64_t OuterLength(const Stack& stack, const Packet& packet) {
  if (packet.outer_length != 0) return packet.outer_length;
  const Layer& top = stack.layers[0];
  switch (top.type) {
    case LayerType::kEthernet:
      return packet.wire_length != 0 ? packet.wire_length : LinkLength(top);
    case LayerType::kIpv4:
    case LayerType::kIpv6:
      return top.length;
    default:
      return 0;
  }
}

bool Cuts(const Stack& stack, uint32_t at) {
  switch (stack.layers[at].type) {
    // GRE that carries MPLS is cut after the MPLS, when there is something inside that.
    case LayerType::kGre:
      return at + 2 >= stack.count || stack.layers[at + 1].type != LayerType::kMpls;
    case LayerType::kVxlan:
    case LayerType::kMpls:
    case LayerType::kGeneve:
      return true;
    default:
      return false;
  }
}

void Keep(const Layer*& first, const Layer& layer) {
  if (first == nullptr) first = &layer;
}

}  // namespace

int64_t LinkLength(const Layer& ethernet) {
  return 14 + int64_t{ethernet.length > 0 ? ethernet.length : ethernet.payload};
}

void Pieces::Cut(const Stack& stack, const Packet& packet) {
  count_ = 0;
  if (stack.link == Stack::kAbsent && stack.network == Stack::kAbsent) return;
  int64_t length = OuterLength(stack, packet);
  int64_t offset = 0;
  uint32_t from = 0;
  int64_t from_offset = 0;
  int64_t from_length = length;
  for (uint32_t at = 0; at < stack.count; ++at) {
    length -= stack.layers[at].header;
    offset += stack.layers[at].header;
    if (!Cuts(stack, at)) continue;
    Add(stack, packet, from, at + 1, from_offset, from_length, false);
    from = at + 1;
    from_offset = offset;
    from_length = length;
  }
  Add(stack, packet, from, stack.count, from_offset, from_length, true);
}

void Pieces::Add(const Stack& stack, const Packet& packet, uint32_t from, uint32_t to, int64_t offset,
                 int64_t length, bool last) {
  Piece& piece = pieces_[count_];
  piece = {};
  piece.layers = {stack.layers.data() + from, to - from};
  piece.data = packet.data.From(size_t(offset));
  piece.length = length;
  piece.last = last;
  for (const Layer& layer : piece.layers) {
    switch (layer.type) {
      case LayerType::kEthernet:
        Keep(piece.ethernet, layer);
        break;
      case LayerType::kIpv4:
        Keep(piece.ipv4, layer);
        break;
      case LayerType::kIpv6:
        Keep(piece.ipv6, layer);
        break;
      case LayerType::kTcp:
        Keep(piece.tcp, layer);
        break;
      case LayerType::kUdp:
        Keep(piece.udp, layer);
        break;
      case LayerType::kSctp:
        Keep(piece.sctp, layer);
        break;
      case LayerType::kIcmpv4:
        Keep(piece.icmpv4, layer);
        break;
      case LayerType::kIcmpv6:
        Keep(piece.icmpv6, layer);
        break;
      case LayerType::kIcmpv6Echo:
        Keep(piece.icmpv6_echo, layer);
        break;
      case LayerType::kDns:
        Keep(piece.dns, layer);
        break;
      default:
        break;
    }
  }
  if (from == 0) {
    if (stack.network != Stack::kAbsent) piece.network = &stack.layers[stack.network];
    if (stack.transport != Stack::kAbsent) piece.transport = &stack.layers[stack.transport];
  }
  // A first piece without a whole-packet layer of a kind has none of its own either.
  if (piece.network == nullptr) piece.network = piece.Network();
  if (piece.transport == nullptr) {
    piece.transport = piece.udp != nullptr ? piece.udp : piece.tcp != nullptr ? piece.tcp : piece.sctp;
  }
  if (piece.ethernet != nullptr || piece.network != nullptr) ++count_;
}

}  // namespace skydive::flow
