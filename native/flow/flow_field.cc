// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_field.h"

#include "flow/flow_json.h"
#include "flow/protobuf_reader.h"

namespace skydive::flow {
namespace {

using Text = std::optional<std::string_view>;
using Integer = std::optional<int64_t>;

// The last value of a field of a message.
uint64_t NumberIn(std::string_view message, uint32_t field) {
  uint64_t number = 0;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.IsVarint(field)) number = reader.number();
  }
  return number;
}

std::string_view TextIn(std::string_view message, uint32_t field) {
  std::string_view text;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.IsBytes(field)) text = reader.bytes();
  }
  return text;
}

Integer OfMetric(bool present, const Metric& metric, Field field, Field first) {
  if (!present) return std::nullopt;
  switch (int(field) - int(first)) {
    case 0:
      return metric.counters.ab_packets;
    case 1:
      return metric.counters.ab_bytes;
    case 2:
      return metric.counters.ba_packets;
    case 3:
      return metric.counters.ba_bytes;
    case 4:
      return metric.start_ms;
    case 5:
      return metric.last_ms;
    default:
      return metric.rtt_ns;
  }
}

Integer OfMessage(const FlowView::Message& message, uint32_t field) {
  if (!message.present) return std::nullopt;
  return int64_t(NumberIn(message.bytes, field));
}

bool Between(Field field, Field first, Field last) { return field >= first && field <= last; }

}  // namespace

Text TextOf(const FlowView& flow, Field field, std::string& scratch) {
  const auto within = [](const auto& layer, std::string_view text) {
    return layer.present ? Text(text) : std::nullopt;
  };
  switch (field) {
    case Field::kUuid:
      return flow.uuid;
    case Field::kLayersPath:
      return flow.layers_path;
    case Field::kApplication:
      return flow.application;
    case Field::kTrackingId:
      return flow.tracking_id;
    case Field::kL3TrackingId:
      return flow.l3_tracking_id;
    case Field::kParentUuid:
      return flow.parent_uuid;
    case Field::kNodeTid:
      return flow.node_tid;
    case Field::kCaptureId:
      return flow.capture_id;
    case Field::kLinkProtocol:
      return within(flow.link, ProtocolName(flow.link.protocol, scratch));
    case Field::kLinkA:
      return within(flow.link, flow.link.a);
    case Field::kLinkB:
      return within(flow.link, flow.link.b);
    case Field::kNetworkProtocol:
      return within(flow.network, ProtocolName(flow.network.protocol, scratch));
    case Field::kNetworkA:
      return within(flow.network, flow.network.a);
    case Field::kNetworkB:
      return within(flow.network, flow.network.b);
    case Field::kTransportProtocol:
      return within(flow.transport, ProtocolName(flow.transport.protocol, scratch));
    case Field::kIcmpType:
      return within(flow.icmp, IcmpTypeName(flow.icmp.type, scratch));
    case Field::kDnsOpCode:
      return within(flow.dns, TextIn(flow.dns.bytes, 3));
    case Field::kDnsResponseCode:
      return within(flow.dns, TextIn(flow.dns.bytes, 9));
    default:
      return std::nullopt;
  }
}

Integer IntegerOf(const FlowView& flow, Field field) {
  const auto within = [](const auto& layer, int64_t number) {
    return layer.present ? Integer(number) : std::nullopt;
  };
  if (Between(field, Field::kMetricAbPackets, Field::kMetricRtt)) {
    return OfMetric(flow.has_metric, flow.metric, field, Field::kMetricAbPackets);
  }
  if (Between(field, Field::kLastUpdateAbPackets, Field::kLastUpdateRtt)) {
    return OfMetric(flow.has_last_update, flow.last_update, field, Field::kLastUpdateAbPackets);
  }
  if (Between(field, Field::kTcpAbSynStart, Field::kTcpBaSawEnd)) {
    return OfMessage(flow.tcp_metric, uint32_t(field) - uint32_t(Field::kTcpAbSynStart) + 1);
  }
  switch (field) {
    case Field::kStart:
      return flow.start_ms;
    case Field::kLast:
      return flow.last_ms;
    case Field::kLinkId:
      return within(flow.link, flow.link.id);
    case Field::kNetworkId:
      return within(flow.network, flow.network.id);
    case Field::kTransportA:
      return within(flow.transport, flow.transport.a);
    case Field::kTransportB:
      return within(flow.transport, flow.transport.b);
    case Field::kTransportId:
      return within(flow.transport, flow.transport.id);
    case Field::kIcmpCode:
      return within(flow.icmp, flow.icmp.code);
    case Field::kIcmpId:
      return within(flow.icmp, flow.icmp.id);
    case Field::kIpFragments:
      return OfMessage(flow.ip_metric, 1);
    case Field::kIpFragmentErrors:
      return OfMessage(flow.ip_metric, 2);
    case Field::kDnsId:
      return OfMessage(flow.dns, 1);
    case Field::kDnsZ:
      return OfMessage(flow.dns, 8);
    case Field::kDnsQuestionCount:
      return OfMessage(flow.dns, 10);
    case Field::kDnsAnswerCount:
      return OfMessage(flow.dns, 11);
    case Field::kDnsAuthorityCount:
      return OfMessage(flow.dns, 12);
    case Field::kDnsAdditionalCount:
      return OfMessage(flow.dns, 13);
    case Field::kDhcpHardwareLength:
      return OfMessage(flow.dhcpv4, 3);
    case Field::kDhcpHardwareOptions:
      return OfMessage(flow.dhcpv4, 4);
    case Field::kDhcpTransactionId:
      return OfMessage(flow.dhcpv4, 5);
    case Field::kDhcpSeconds:
      return OfMessage(flow.dhcpv4, 6);
    case Field::kDhcpFlags:
      return OfMessage(flow.dhcpv4, 7);
    default:
      return std::nullopt;
  }
}

bool HasField(const FlowView& flow, Field field) {
  switch (field) {
    case Field::kLink:
      return flow.link.present;
    case Field::kNetwork:
      return flow.network.present;
    case Field::kTransport:
      return flow.transport.present;
    case Field::kIcmp:
      return flow.icmp.present;
    case Field::kMetric:
      return flow.has_metric;
    case Field::kLastUpdate:
      return flow.has_last_update;
    case Field::kTcp:
      return flow.tcp_metric.present;
    case Field::kDns:
      return flow.dns.present;
    case Field::kDhcp:
      return flow.dhcpv4.present;
    default: {
      std::string scratch;
      return TextOf(flow, field, scratch).has_value() || IntegerOf(flow, field).has_value();
    }
  }
}

bool LeafMatches(const Filter& leaf, const FlowView& flow) {
  if (leaf.kind == Filter::Kind::kNull) return !HasField(flow, leaf.field);
  std::string scratch;
  if (KindOf(leaf.field) == FieldKind::kText) return leaf.MatchesText(TextOf(flow, leaf.field, scratch));
  return leaf.MatchesInteger(IntegerOf(flow, leaf.field));
}

bool FlowMatches(const Filter& filter, const FlowView& flow) {
  return Matches(filter, [&flow](const Filter& leaf) { return LeafMatches(leaf, flow); });
}

}  // namespace skydive::flow
