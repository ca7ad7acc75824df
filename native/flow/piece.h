// SPDX-License-Identifier: Apache-2.0
// A packet cut at its tunnels: each piece counts for one flow, the outermost first.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "flow/packet.h"
#include "layers/stack.h"

namespace skydive::flow {

struct Piece {
  std::span<const layers::Layer> layers;
  layers::Cursor data;  // captured bytes from the piece's first byte to the packet's end
  int64_t length;       // bytes of the piece on the wire; may be 0 (unknown) or, for nonsense, negative
  bool last;
  // What identifies it. For the outermost piece these may lie inside a tunnel.
  const layers::Layer* network;
  const layers::Layer* transport;
  // The first layer of each kind in the piece itself, null when there is none.
  const layers::Layer* ethernet;
  const layers::Layer* ipv4;
  const layers::Layer* ipv6;
  const layers::Layer* tcp;
  const layers::Layer* udp;
  const layers::Layer* sctp;
  const layers::Layer* icmpv4;
  const layers::Layer* icmpv6;
  const layers::Layer* icmpv6_echo;
  const layers::Layer* dns;

  // The layer whose addresses the flow shows: IPv4 before IPv6 whatever the nesting.
  const layers::Layer* Network() const { return ipv4 != nullptr ? ipv4 : ipv6; }
};

class Pieces {
 public:
  // Cuts after each GRE, VXLAN, MPLS and Geneve layer. A packet with neither link nor network layer has no
  // pieces, and a piece with neither Ethernet nor IP is left out.
  void Cut(const layers::Stack& stack, const Packet& packet);

  std::span<const Piece> all() const { return {pieces_.data(), count_}; }

 private:
  void Add(const layers::Stack& stack, const Packet& packet, uint32_t from, uint32_t to, int64_t offset,
           int64_t length, bool last);

  std::array<Piece, layers::Stack::kMaxLayers + 1> pieces_;
  uint32_t count_ = 0;
};

// Wire length of the Ethernet frame as far as its own bytes tell.
int64_t LinkLength(const layers::Layer& ethernet);

}  // namespace skydive::flow
