// SPDX-License-Identifier: Apache-2.0
#include "capture/kernel_flow.h"

#include <cstring>
#include <utility>

#include "flow/text_keys.h"

namespace skydive::capture {
namespace {

using layers::LayerType;

// By enum flow_layer.
constexpr LayerType kTypes[] = {
    LayerType::kNone,         LayerType::kEthernet,    LayerType::kArp,          LayerType::kDot1Q,
    LayerType::kIpv4,         LayerType::kIpv6,        LayerType::kIcmpv4,       LayerType::kIcmpv6,
    LayerType::kUdp,          LayerType::kTcp,         LayerType::kSctp,         LayerType::kGre,
    LayerType::kFragment,     LayerType::kVxlan,       LayerType::kGeneve,       LayerType::kIpv6HopByHop,
    LayerType::kIpv6Routing,  LayerType::kIpv6Fragment, LayerType::kIpv6Destination,
};
static_assert(std::size(kTypes) == bpf::LAYER_COUNT);

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;

uint64_t Mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return uint64_t(product) ^ uint64_t(product >> 64);
}

flow::Address AddressOf(const uint8_t* bytes, bool ipv4) {
  flow::Address address;
  address.size = ipv4 ? 4 : 16;
  std::memcpy(address.bytes, ipv4 ? bytes + 12 : bytes, address.size);
  return address;
}

}  // namespace

uint64_t HashOf(const bpf::flow_key& key, uint64_t seed) {
  uint64_t words[9];
  static_assert(sizeof words == sizeof key);
  std::memcpy(words, &key, sizeof words);
  uint64_t hash = seed ^ 0x9e3779b97f4a7c15;
  for (int i = 0; i < 8; i += 2) hash = Mix(words[i] ^ hash, words[i + 1] ^ seed ^ 0xa0761d6478bd642f) + hash;
  return Mix(words[8] ^ hash, seed ^ 0xe7037ed1a0b428db) ^ hash;
}

KernelPath::KernelPath(uint64_t path) {
  for (int at = bpf::LAYERS_AT_MOST - 1; at >= 0; --at) {
    const uint64_t layer = path >> (at * bpf::LAYER_BITS) & ((1 << bpf::LAYER_BITS) - 1);
    if (layer == 0 || layer >= bpf::LAYER_COUNT) continue;
    layers_[count_] = {};
    layers_[count_++].type = kTypes[layer];
  }
}

flow::Cold FlowOf(const bpf::flow_key& key, const bpf::flow_value& value, int64_t offset_ns,
                  const std::string& node_tid) {
  flow::Cold flow;
  flow.start_ms = (int64_t(value.start_ns) + offset_ns) / 1000000;
  const bool swapped = value.swapped != 0;
  if ((key.parts & bpf::FLOW_LINK) != 0) {
    flow.has_link = flow.link_readable = true;
    std::memcpy(flow.mac_a, swapped ? key.link_b : key.link_a, 6);
    std::memcpy(flow.mac_b, swapped ? key.link_a : key.link_b, 6);
    flow.link_id = int64_t(key.vlans);
  }
  const bool ipv4 = key.ether_type == 0x0800;
  if ((key.parts & bpf::FLOW_NETWORK) != 0) {
    flow.has_network = true;
    flow.network_protocol = ipv4 ? flow::Protocol::kIpv4 : flow::Protocol::kIpv6;
    flow.ip_a = AddressOf(swapped ? key.address_b : key.address_a, ipv4);
    flow.ip_b = AddressOf(swapped ? key.address_a : key.address_b, ipv4);
    flow.network_id = key.tunnel;
    flow.ip_protocol = key.protocol;
  }
  if ((key.parts & bpf::FLOW_TRANSPORT) != 0) {
    flow.has_transport = true;
    flow.transport_protocol = key.protocol == kTcp   ? flow::Protocol::kTcp
                              : key.protocol == kUdp ? flow::Protocol::kUdp
                                                     : flow::Protocol::kSctp;
    flow.port_a = value.port_from;
    flow.port_b = value.port_to;
    if (key.protocol == kTcp) flow.Extend().tcp = std::make_unique<flow::TcpMetric>();
  }
  if ((key.parts & bpf::FLOW_ICMP) != 0) {
    flow.has_icmp = true;
    const auto type = uint8_t(key.port_a >> 8);
    flow.icmp_type = ipv4 ? flow::OfIcmpv4(type) : flow::OfIcmpv6(type);
    flow.icmp_code = uint8_t(key.port_a);
    flow.icmp_id = key.port_b;
  }
  // The seed of the table's hash is another one a run; the identifier must not depend on it.
  const flow::Keys keys = flow::TextKeys(flow, bpf::flow_mix(&key, 0));
  flow.l2_key = keys.l2;
  flow.l3_key = keys.l3;
  flow.uuid = flow::UuidOf(keys.flow, flow.start_ms, node_tid);
  return flow;
}

void NoteTcpFlags(flow::TcpMetric& tcp, const bpf::flow_value& value, int64_t offset_ns, bool exchanged) {
  const int64_t start_ms = (int64_t(value.start_ns) + offset_ns) / 1000000;
  const auto note = [start_ms](int64_t& first_ms, uint32_t after_ms) {
    if (first_ms == 0 && after_ms != 0) first_ms = start_ms + after_ms - 1;
  };
  const int a = exchanged ? bpf::FLOW_BACKWARD : bpf::FLOW_FORWARD;
  note(tcp.ab_syn_start, value.syn_ms[a]);
  note(tcp.ba_syn_start, value.syn_ms[1 - a]);
  note(tcp.ab_fin_start, value.fin_ms[a]);
  note(tcp.ba_fin_start, value.fin_ms[1 - a]);
  note(tcp.ab_rst_start, value.rst_ms[a]);
  note(tcp.ba_rst_start, value.rst_ms[1 - a]);
}

}  // namespace skydive::capture
