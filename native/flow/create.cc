// SPDX-License-Identifier: Apache-2.0
#include "flow/create.h"

#include <cstring>

#include "flow/packet.h"
#include "flow/text_keys.h"

namespace skydive::flow {
namespace {

using layers::Cursor;
using layers::Layer;
using layers::LayerType;

constexpr size_t kDhcpv4Fixed = 236;
constexpr size_t kVrrpFixed = 8;
constexpr uint8_t kTcpFin = 1;
constexpr uint8_t kTcpRst = 4;

// VLAN ids, twelve bits each, the innermost in the highest.
int64_t LinkId(const Piece& piece) {
  uint64_t id = 0;
  for (size_t i = piece.layers.size(); i > 0; --i) {
    const Layer& layer = piece.layers[i - 1];
    if (layer.type == LayerType::kDot1Q) id = id << 12 | (layer.Header().U16(0) & 0xfff);
  }
  return int64_t(id);
}

// The innermost tunnel's number.
int64_t NetworkId(const Piece& piece) {
  for (size_t i = piece.layers.size(); i > 0; --i) {
    const Layer& layer = piece.layers[i - 1];
    const Cursor header = layer.Header();
    if (layer.type == LayerType::kVxlan || layer.type == LayerType::kGeneve) return header.U24(4);
    if (layer.type == LayerType::kGre) {
      if ((header.U8(0) & 0x20) == 0) return 0;
      return header.U32((header.U8(0) & 0xc0) != 0 ? 8 : 4);
    }
  }
  return 0;
}

void FillLink(Cold& cold, const Piece& piece) {
  const Layer* ethernet = piece.ethernet;
  if (ethernet == nullptr) return;
  cold.has_link = true;
  cold.link_readable = ethernet->readable;
  if (ethernet->readable) {
    std::memcpy(cold.mac_a, ethernet->data + 6, 6);
    std::memcpy(cold.mac_b, ethernet->data, 6);
  }
  cold.link_id = LinkId(piece);
}

void FillAddress(Address& address, const Layer& layer, size_t at, uint8_t size) {
  if (!layer.readable) return;
  address.size = size;
  std::memcpy(address.bytes, layer.data + at, size);
}

// What follows the extension headers of IPv6.
uint8_t LastNextHeader(const Piece& piece) {
  uint8_t next = piece.ipv6->Header().U8(6);
  for (const Layer& layer : piece.layers) {
    const bool extension = layer.type == LayerType::kIpv6HopByHop || layer.type == LayerType::kIpv6Routing ||
                           layer.type == LayerType::kIpv6Fragment || layer.type == LayerType::kIpv6Destination;
    if (extension) next = layer.Header().U8(0);
  }
  return next;
}

void FillNetwork(Cold& cold, const Piece& piece, const IpMetric* ip_metric) {
  cold.has_network = true;
  cold.network_id = NetworkId(piece);
  if (const Layer* ipv4 = piece.ipv4; ipv4 != nullptr) {
    cold.network_protocol = Protocol::kIpv4;
    FillAddress(cold.ip_a, *ipv4, 12, 4);
    FillAddress(cold.ip_b, *ipv4, 16, 4);
    cold.ip_protocol = ipv4->Header().U8(9);
    if (ip_metric != nullptr && piece.last) {
      cold.has_ip_metric = true;
      cold.fragments = ip_metric->fragments;
      cold.fragment_errors = ip_metric->errors;
    }
    if (piece.icmpv4 != nullptr) {
      const Cursor header = piece.icmpv4->Header();
      cold.has_icmp = true;
      cold.icmp_type = OfIcmpv4(header.U8(0));
      cold.icmp_code = header.U8(1);
      cold.icmp_id = header.U16(4);
    }
    return;
  }
  cold.network_protocol = Protocol::kIpv6;
  FillAddress(cold.ip_a, *piece.ipv6, 8, 16);
  FillAddress(cold.ip_b, *piece.ipv6, 24, 16);
  cold.ip_protocol = LastNextHeader(piece);
  if (piece.icmpv6 != nullptr) {
    const Cursor header = piece.icmpv6->Header();
    cold.has_icmp = true;
    cold.icmp_type = OfIcmpv6(header.U8(0));
    cold.icmp_code = header.U8(1);
    if (cold.icmp_type == IcmpType::kEcho && piece.icmpv6_echo != nullptr) {
      cold.icmp_id = piece.icmpv6_echo->Header().U16(0);
    }
  }
}

void FillTransport(Cold& cold, const Piece& piece, const Options& options) {
  const Layer* layer = piece.tcp != nullptr ? piece.tcp : piece.udp != nullptr ? piece.udp : piece.sctp;
  if (layer == nullptr) return;
  cold.has_transport = true;
  cold.transport_protocol = layer->type == LayerType::kTcp   ? Protocol::kTcp
                            : layer->type == LayerType::kUdp ? Protocol::kUdp
                                                             : Protocol::kSctp;
  if (layer->readable) {
    const Cursor ports(layer->data, 4);
    cold.port_a = ports.U16(0);
    cold.port_b = ports.U16(2);
  }
  if (layer->type != LayerType::kTcp) return;
  if (options.tcp_metric) cold.Extend().tcp = std::make_unique<TcpMetric>();
  const uint8_t flags = layer->readable ? layer->data[13] : 0;
  if ((flags & kTcpFin) != 0) {
    cold.finish = FinishType::kTcpFin;
  } else if ((flags & kTcpRst) != 0) {
    cold.finish = FinishType::kTcpRst;
  }
}

void KeepFixed(std::vector<uint8_t>& kept, const Layer& layer, size_t size) {
  const Cursor part = layer.Header().First(size);
  kept.assign(part.data(), part.data() + part.size());
}

// At most one extra layer is taken from the first packet.
void FillExtraLayers(Cold& cold, const Piece& piece, int64_t time_ns, const Options& options) {
  if (options.extra_layers == 0) return;
  const Layer* dhcpv4 = nullptr;
  const Layer* vrrp = nullptr;
  for (const Layer& layer : piece.layers) {
    if (layer.type == LayerType::kDhcpv4 && dhcpv4 == nullptr) dhcpv4 = &layer;
    if (layer.type == LayerType::kVrrp && vrrp == nullptr) vrrp = &layer;
  }
  if (dhcpv4 != nullptr && (options.extra_layers & kExtraDhcpv4) != 0) {
    KeepFixed(cold.Extend().dhcpv4, *dhcpv4, kDhcpv4Fixed);
  } else if (piece.dns != nullptr && (options.extra_layers & kExtraDns) != 0) {
    KeepFixed(cold.Extend().dns, *piece.dns, SIZE_MAX);
    cold.Extend().dns_time_ns = time_ns;
  } else if (vrrp != nullptr && (options.extra_layers & kExtraVrrp) != 0) {
    KeepFixed(cold.Extend().vrrp, *vrrp, kVrrpFixed);
  }
}

}  // namespace

void FillFlow(Cold& cold, const Piece& piece, const Keys& keys, int64_t time_ns, const IpMetric* ip_metric,
              const Options& options) {
  cold.start_ms = MillisOf(time_ns);
  FillLink(cold, piece);
  if (piece.Network() != nullptr) {
    FillNetwork(cold, piece, ip_metric);
    FillTransport(cold, piece, options);
  }
  FillExtraLayers(cold, piece, time_ns, options);
  cold.l2_key = keys.l2;
  cold.l3_key = keys.l3;
  cold.uuid = UuidOf(keys.flow, cold.start_ms, options.node_tid);
}

std::string_view ApplicationOfPorts(const Cold& cold, const Options& options) {
  if (!cold.has_transport || cold.transport_protocol == Protocol::kSctp) return {};
  const auto& names = cold.transport_protocol == Protocol::kTcp ? options.tcp_ports : options.udp_ports;
  auto found = names.find(cold.port_a);
  if (found == names.end()) found = names.find(cold.port_b);
  return found == names.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace skydive::flow
