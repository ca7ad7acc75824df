// SPDX-License-Identifier: Apache-2.0
#include "flow/measure.h"

#include <cstring>

namespace skydive::flow {
namespace {

using layers::Layer;

enum TcpFlag : uint8_t { kFin = 1, kSyn = 2, kRst = 4, kAck = 16 };

uint8_t FlagsOf(const Layer& tcp) { return tcp.readable ? tcp.data[13] : 0; }

bool Equal(const Address& address, const Layer& layer, size_t at, size_t size) {
  if (!layer.readable) return address.size == 0;
  return address.size == size && std::memcmp(address.bytes, layer.data + at, size) == 0;
}

bool FromA(const Cold& cold, const Piece& piece) {
  return piece.ipv4 != nullptr ? Equal(cold.ip_a, *piece.ipv4, 12, 4) : Equal(cold.ip_a, *piece.ipv6, 8, 16);
}

bool SameEnds(const Piece& piece) {
  const Layer& layer = *piece.Network();
  if (!layer.readable) return true;
  return piece.ipv4 != nullptr ? std::memcmp(layer.data + 12, layer.data + 16, 4) == 0
                               : std::memcmp(layer.data + 8, layer.data + 24, 16) == 0;
}

// Between equal addresses the larger port names the direction: A's own packets count as BA when A has it not.
bool IsAbByNetwork(const Cold& cold, const Piece& piece) {
  if (!cold.has_network || piece.Network() == nullptr) return false;
  if (cold.has_transport && SameEnds(piece)) {
    const Layer* layer = piece.tcp != nullptr ? piece.tcp : piece.udp != nullptr ? piece.udp : piece.sctp;
    if (layer != nullptr) return cold.port_a > (layer->readable ? layers::Cursor(layer->data, 2).U16(0) : 0);
  }
  return FromA(cold, piece);
}

bool IsAbByLink(const Cold& cold, const Piece& piece) {
  const Layer& ethernet = *piece.ethernet;
  if (!ethernet.readable || std::memcmp(ethernet.data, ethernet.data + 6, 6) == 0)
    return IsAbByNetwork(cold, piece);
  return cold.link_readable && std::memcmp(ethernet.data + 6, cold.mac_a, 6) == 0;
}

}  // namespace

int64_t CountedBytes(const Piece& piece, LayerKeyMode mode) {
  if (piece.ethernet != nullptr) {
    const int64_t length = piece.length != 0 ? piece.length : LinkLength(*piece.ethernet);
    if (mode == LayerKeyMode::kL2 || length != 0) return length;
  } else if (mode == LayerKeyMode::kL3 && piece.length != 0) {
    return piece.length;
  }
  return piece.Network() != nullptr ? piece.Network()->length : 0;
}

void Count(Hot& hot, const Cold& cold, const Piece& piece, LayerKeyMode mode) {
  const int64_t bytes = CountedBytes(piece, mode);
  if (mode == LayerKeyMode::kL2 && piece.ethernet != nullptr && cold.has_link) {
    Add(hot.counters, IsAbByLink(cold, piece), bytes);
  } else if (piece.Network() != nullptr) {
    Add(hot.counters, IsAbByNetwork(cold, piece), bytes);
  }
}

void MeasureRoundTrip(Cold& cold, const Piece& piece, int64_t time_ns) {
  bool request = false;
  bool answer = false;
  if (piece.icmpv4 != nullptr) {
    request = piece.icmpv4->data[0] == 8;
    answer = piece.icmpv4->data[0] == 0;
  } else if (piece.icmpv6 != nullptr) {
    request = piece.icmpv6->data[0] == 128;
    answer = piece.icmpv6->data[0] == 129;
  } else if (piece.tcp != nullptr) {
    const uint8_t flags = FlagsOf(*piece.tcp);
    request = (flags & kSyn) != 0;
    answer = (flags & (kSyn | kAck)) == (kSyn | kAck) || (flags & kRst) != 0;
  }
  if (request && cold.first_ns == 0) {
    cold.first_ns = time_ns;
  } else if (answer && cold.first_ns != 0) {
    cold.rtt_ns = time_ns - cold.first_ns;
    cold.first_ns = 0;
  }
}

void MeasureTcp(Cold& cold, const Piece& piece, int64_t time_ns) {
  if (!cold.extension || !cold.extension->tcp || piece.tcp == nullptr) return;
  if (!cold.has_network || !cold.has_transport || cold.transport_protocol != Protocol::kTcp) return;
  const bool ipv4 = cold.network_protocol == Protocol::kIpv4;
  const Layer* network = piece.Network();
  if (network == nullptr || network != (ipv4 ? piece.ipv4 : piece.ipv6)) return;
  const uint8_t flags = FlagsOf(*piece.tcp);
  if ((flags & (kSyn | kFin | kRst)) == 0) return;
  const uint32_t ttl = network->readable ? network->data[ipv4 ? 8 : 7] : 0;
  const bool from_a = FromA(cold, piece);
  const int64_t time_ms = MillisOf(time_ns);
  TcpMetric& tcp = *cold.extension->tcp;
  if ((flags & kSyn) != 0) {
    // A repeated SYN of A lands on B's side.
    if (from_a && tcp.ab_syn_start == 0) {
      tcp.ab_syn_start = time_ms;
      tcp.ab_syn_ttl = ttl;
    } else if (tcp.ba_syn_start == 0) {
      tcp.ba_syn_start = time_ms;
      tcp.ba_syn_ttl = ttl;
    }
  } else if ((flags & kFin) != 0) {
    (from_a ? tcp.ab_fin_start : tcp.ba_fin_start) = time_ms;
  } else {
    (from_a ? tcp.ab_rst_start : tcp.ba_rst_start) = time_ms;
  }
}

}  // namespace skydive::flow
