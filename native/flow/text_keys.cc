// SPDX-License-Identifier: Apache-2.0
#include "flow/text_keys.h"

#include <string>
#include <utility>

#include "flow/text.h"
#include "flow/xxhash64.h"

namespace skydive::flow {
namespace {

std::string TextOf(const Address& address) {
  std::string text;
  AppendAddress(text, layers::Cursor(address.bytes, address.size));
  return text;
}

std::string TextOf(const uint8_t* mac) {
  std::string text;
  AppendMac(text, mac);
  return text;
}

void WriteEnds(XxHash64& hash, const std::string& first, const std::string& second, int64_t id) {
  hash.Write(first.data(), first.size());
  hash.Write(second.data(), second.size());
  hash.WriteU64(uint64_t(id));
}

void WriteBig(XxHash64& hash, uint32_t value) {
  const uint8_t bytes[] = {uint8_t(value >> 24), uint8_t(value >> 16), uint8_t(value >> 8), uint8_t(value)};
  hash.Write(bytes, sizeof bytes);
}

}  // namespace

Keys TextKeys(const Cold& flow, uint64_t key) {
  XxHash64 hash(0);
  std::pair<std::string, std::string> network;
  std::pair<std::string, std::string> link;
  if (flow.has_network) network = {TextOf(flow.ip_a), TextOf(flow.ip_b)};
  if (flow.has_link) link = {TextOf(flow.mac_a), TextOf(flow.mac_b)};
  bool swapped = false;
  if (!flow.has_network) {
    swapped = link.first > link.second;
  } else if (network.first == network.second && flow.has_transport) {
    swapped = flow.port_a > flow.port_b;
  } else {
    swapped = network.first > network.second;
  }
  uint32_t ports[] = {flow.port_a, flow.port_b};
  if (swapped) {
    std::swap(network.first, network.second);
    std::swap(link.first, link.second);
    std::swap(ports[0], ports[1]);
  }
  if (flow.has_network) WriteEnds(hash, network.first, network.second, flow.network_id);
  if (flow.has_transport) {
    WriteBig(hash, ports[0] << 16 | ports[1]);
    hash.WriteU64(0);
  }
  if (flow.has_icmp) WriteBig(hash, uint32_t(flow.icmp_type) << 24 | uint32_t{flow.icmp_code} << 16 | flow.icmp_id);
  Keys keys;
  keys.flow = key;
  keys.l2 = keys.l3 = hash.Sum();
  if (flow.has_link && !flow.has_network) {
    WriteEnds(hash, link.first, link.second, flow.link_id);
    keys.l2 = hash.Sum();
  }
  return keys;
}

uint64_t UuidOf(uint64_t key, int64_t start_ms, const std::string& node_tid) {
  XxHash64 hash(key);
  hash.WriteU64(uint64_t(start_ms));
  hash.Write(node_tid.data(), node_tid.size());
  return hash.Sum();
}

}  // namespace skydive::flow
