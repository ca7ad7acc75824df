// SPDX-License-Identifier: Apache-2.0
#include "flow/export/one_way.h"

#include <algorithm>

namespace skydive::flow {
namespace {

constexpr uint8_t kIcmpv4 = 1;
constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;
constexpr uint8_t kIcmpv6 = 58;
constexpr uint8_t kSctp = 132;

struct LinkLayer {
  std::string_view name;
  uint32_t bytes;
};
constexpr LinkLayer kLinkLayers[] = {{"Ethernet", 14}, {"Dot1Q", 4}, {"LLC", 3}, {"SNAP", 5},
                                     {"PPPoE", 6},     {"PPP", 2},   {"MPLS", 4}};

// The number on the wire of a question, and of its answer; the same for what is no question.
struct IcmpNumbers {
  uint8_t question;
  uint8_t answer;
};

IcmpNumbers NumbersOf(IcmpType type, bool ipv4) {
  switch (type) {
    case IcmpType::kDestinationUnreachable:
      return ipv4 ? IcmpNumbers{3, 3} : IcmpNumbers{1, 1};
    case IcmpType::kEcho:
      return ipv4 ? IcmpNumbers{8, 0} : IcmpNumbers{128, 129};
    case IcmpType::kNeighbor:
      return {135, 136};
    case IcmpType::kAddressMask:
      return {17, 18};
    case IcmpType::kInfo:
      return {15, 16};
    case IcmpType::kParameterProblem:
      return ipv4 ? IcmpNumbers{12, 12} : IcmpNumbers{4, 4};
    case IcmpType::kRedirect:
      return ipv4 ? IcmpNumbers{5, 5} : IcmpNumbers{137, 137};
    case IcmpType::kRouter:
      return ipv4 ? IcmpNumbers{10, 9} : IcmpNumbers{133, 134};
    case IcmpType::kSourceQuench:
      return {4, 4};
    case IcmpType::kTimeExceeded:
      return ipv4 ? IcmpNumbers{11, 11} : IcmpNumbers{3, 3};
    case IcmpType::kTimestamp:
      return {13, 14};
    case IcmpType::kPacketTooBig:
      return {2, 2};
    case IcmpType::kUnknown:
      break;
  }
  return {0, 0};
}

uint8_t ProtocolOf(const Cold& flow) {
  if (flow.has_transport) {
    return flow.transport_protocol == Protocol::kTcp ? kTcp : flow.transport_protocol == Protocol::kUdp ? kUdp : kSctp;
  }
  if (flow.has_icmp) return flow.network_protocol == Protocol::kIpv4 ? kIcmpv4 : kIcmpv6;
  return flow.ip_protocol;
}

EndReason ReasonOf(FinishType finish) {
  switch (finish) {
    case FinishType::kNotFinished:
      return EndReason::kActiveTimeout;
    case FinishType::kTimeout:
      return EndReason::kIdleTimeout;
    case FinishType::kTcpFin:
    case FinishType::kTcpRst:
      break;
  }
  return EndReason::kEndOfFlow;
}

}  // namespace

bool IsExportable(const Cold& flow) { return flow.has_network && flow.ip_a.size != 0 && flow.ip_b.size == flow.ip_a.size; }

uint32_t LinkBytes(std::string_view path) {
  uint32_t bytes = 0;
  while (!path.empty()) {
    const std::string_view layer = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), layer.size() + 1));
    if (layer.empty()) continue;
    const auto found = std::find_if(std::begin(kLinkLayers), std::end(kLinkLayers),
                                    [layer](const LinkLayer& link) { return link.name == layer; });
    if (found == std::end(kLinkLayers)) break;
    bytes += found->bytes;
  }
  return bytes;
}

OneWays OneWaysOf(const Table& table, uint32_t place) {
  OneWays ways;
  const Cold& flow = table.cold(place);
  Metric news;
  if (!IsExportable(flow) || !table.HasNews(place) || !table.LastUpdate(place, news)) return ways;
  const uint32_t link_bytes = flow.has_link ? LinkBytes(table.name(place).path) : 0;
  const IcmpNumbers icmp =
      flow.has_icmp ? NumbersOf(flow.icmp_type, flow.network_protocol == Protocol::kIpv4) : IcmpNumbers{};
  const auto add = [&](bool ab, int64_t packets, int64_t bytes) {
    if (packets <= 0) return;
    OneWay& way = ways.records[ways.count++];
    way.flow = &flow;
    way.source = ab ? &flow.ip_a : &flow.ip_b;
    way.destination = ab ? &flow.ip_b : &flow.ip_a;
    if (flow.has_link) {
      way.source_mac = ab ? flow.mac_a : flow.mac_b;
      way.destination_mac = ab ? flow.mac_b : flow.mac_a;
    }
    way.source_port = ab ? flow.port_a : flow.port_b;
    way.destination_port = ab ? flow.port_b : flow.port_a;
    if (flow.has_icmp) way.destination_port = uint16_t((ab ? icmp.question : icmp.answer) << 8 | flow.icmp_code);
    way.protocol = ProtocolOf(flow);
    way.reason = ReasonOf(flow.finish);
    way.packets = uint64_t(packets);
    way.bytes = uint64_t(std::max<int64_t>(0, bytes - packets * link_bytes));
    way.last_ms = table.hot(place).last_ms;
    way.first_ms = std::min(std::max(flow.start_ms, news.start_ms), way.last_ms);
  };
  add(true, news.counters.ab_packets, news.counters.ab_bytes);
  add(false, news.counters.ba_packets, news.counters.ba_bytes);
  return ways;
}

}  // namespace skydive::flow
