// SPDX-License-Identifier: Apache-2.0
#include "flow/table_fields.h"

#include "flow/dns_contents.h"
#include "flow/encode.h"
#include "flow/text.h"

namespace skydive::flow {
namespace {

using layers::Cursor;

constexpr int Offset(Field field, Field first) { return int(field) - int(first); }
constexpr bool IsBetween(Field field, Field first, Field last) { return field >= first && field <= last; }

int64_t MetricValue(const Metric& metric, int at) {
  const Counters& counters = metric.counters;
  const int64_t values[] = {counters.ab_packets, counters.ab_bytes, counters.ba_packets, counters.ba_bytes,
                            metric.start_ms,     metric.last_ms,    metric.rtt_ns};
  return values[at];
}

int64_t StreamValue(const TcpMetric::Stream& stream, int at) {
  const int64_t values[] = {stream.out_of_order, stream.skipped,   stream.skipped_bytes, stream.packets,
                            stream.bytes,        stream.saw_start, stream.saw_end};
  return values[at];
}

int64_t TcpValue(const TcpMetric& tcp, Field field) {
  if (field >= Field::kTcpBaSegmentOutOfOrder)
    return StreamValue(tcp.ba, Offset(field, Field::kTcpBaSegmentOutOfOrder));
  if (field >= Field::kTcpAbSegmentOutOfOrder)
    return StreamValue(tcp.ab, Offset(field, Field::kTcpAbSegmentOutOfOrder));
  const int64_t values[] = {tcp.ab_syn_start, tcp.ba_syn_start, tcp.ab_syn_ttl,   tcp.ba_syn_ttl,
                            tcp.ab_fin_start, tcp.ba_fin_start, tcp.ab_rst_start, tcp.ba_rst_start};
  return values[Offset(field, Field::kTcpAbSynStart)];
}

// The fixed part of a DHCP message, the fields that flows show of it.
int64_t DhcpValue(Cursor message, Field field) {
  switch (field) {
    case Field::kDhcpHardwareLength:
      return message.U8(2);
    case Field::kDhcpHardwareOptions:
      return message.U8(3);
    case Field::kDhcpSeconds:
      return message.U16(8);
    case Field::kDhcpFlags:
      return message.U16(10);
    default:  // the transaction is never filled
      return 0;
  }
}

int64_t DnsValue(const DnsContents& dns, Field field) {
  switch (field) {
    case Field::kDnsId:
      return dns.id;
    case Field::kDnsZ:
      return dns.z;
    case Field::kDnsQuestionCount:
      return dns.question_count;
    case Field::kDnsAnswerCount:
      return dns.answer_count;
    case Field::kDnsAuthorityCount:
      return dns.authority_count;
    default:
      return dns.additional_count;
  }
}

Cursor Bytes(const std::vector<uint8_t>& bytes) { return Cursor(bytes.data(), bytes.size()); }

// An address as the number that kIpv4Range compares.
std::optional<uint32_t> Ipv4Of(const Address& address) {
  if (address.size != 4) return std::nullopt;
  return Cursor(address.bytes, 4).U32(0);
}

}  // namespace

std::optional<std::string_view> TableFields::Text(uint32_t place, Field field) {
  const Cold& cold = table_.cold(place);
  text_.clear();
  switch (field) {
    case Field::kUuid:
      AppendHex(text_, cold.uuid);
      return Spelled();
    case Field::kLayersPath:
      return table_.name(place).path;
    case Field::kApplication:
      return table_.name(place).application;
    case Field::kTrackingId:
      AppendHex(text_, cold.l2_key);
      return Spelled();
    case Field::kL3TrackingId:
      AppendHex(text_, cold.l3_key);
      return Spelled();
    case Field::kParentUuid:
      if (cold.has_parent) AppendHex(text_, cold.parent);
      return Spelled();
    case Field::kNodeTid:
      return table_.options().node_tid;
    case Field::kCaptureId:
      return table_.options().capture_id;
    case Field::kLinkProtocol:
      if (!cold.has_link) return std::nullopt;
      return NameOf(Protocol::kEthernet);
    case Field::kLinkA:
    case Field::kLinkB:
      if (!cold.has_link) return std::nullopt;
      if (cold.link_readable) AppendMac(text_, field == Field::kLinkA ? cold.mac_a : cold.mac_b);
      return Spelled();
    case Field::kNetworkProtocol:
      if (!cold.has_network) return std::nullopt;
      return NameOf(cold.network_protocol);
    case Field::kNetworkA:
    case Field::kNetworkB: {
      if (!cold.has_network) return std::nullopt;
      const Address& address = field == Field::kNetworkA ? cold.ip_a : cold.ip_b;
      AppendAddress(text_, Cursor(address.bytes, address.size));
      return Spelled();
    }
    case Field::kTransportProtocol:
      if (!cold.has_transport) return std::nullopt;
      return NameOf(cold.transport_protocol);
    case Field::kIcmpType:
      if (!cold.has_icmp) return std::nullopt;
      return NameOf(cold.icmp_type);
    case Field::kDnsOpCode:
    case Field::kDnsResponseCode: {
      if (!HasLayer(place, Field::kDns)) return std::nullopt;
      const DnsContents dns(Bytes(cold.extension->dns));
      return field == Field::kDnsOpCode ? dns.op_code : dns.response_code;
    }
    default:
      return std::nullopt;
  }
}

std::optional<int64_t> TableFields::Integer(uint32_t place, Field field) {
  const Cold& cold = table_.cold(place);
  if (IsBetween(field, Field::kMetricAbPackets, Field::kMetricRtt)) {
    return MetricValue(table_.Total(place), Offset(field, Field::kMetricAbPackets));
  }
  if (IsBetween(field, Field::kLastUpdateAbPackets, Field::kLastUpdateRtt)) {
    Metric metric;
    if (!table_.LastUpdate(place, metric)) return std::nullopt;
    return MetricValue(metric, Offset(field, Field::kLastUpdateAbPackets));
  }
  if (IsBetween(field, Field::kTcpAbSynStart, Field::kTcpBaSawEnd)) {
    if (!HasLayer(place, Field::kTcp)) return std::nullopt;
    return TcpValue(*cold.extension->tcp, field);
  }
  if (IsBetween(field, Field::kDnsId, Field::kDnsAdditionalCount)) {
    if (!HasLayer(place, Field::kDns)) return std::nullopt;
    return DnsValue(DnsContents(Bytes(cold.extension->dns)), field);
  }
  if (IsBetween(field, Field::kDhcpHardwareLength, Field::kDhcpFlags)) {
    if (!HasLayer(place, Field::kDhcp)) return std::nullopt;
    return DhcpValue(Bytes(cold.extension->dhcpv4), field);
  }
  const auto when = [](bool has, int64_t value) { return has ? std::optional(value) : std::nullopt; };
  switch (field) {
    case Field::kStart:
      return cold.start_ms;
    case Field::kLast:
      return table_.hot(place).last_ms;
    case Field::kLinkId:
      return when(cold.has_link, cold.link_id);
    case Field::kNetworkId:
      return when(cold.has_network, cold.network_id);
    case Field::kTransportA:
      return when(cold.has_transport, cold.port_a);
    case Field::kTransportB:
      return when(cold.has_transport, cold.port_b);
    case Field::kTransportId:
      return when(cold.has_transport, 0);
    case Field::kIcmpCode:
      return when(cold.has_icmp, cold.icmp_code);
    case Field::kIcmpId:
      return when(cold.has_icmp, cold.icmp_id);
    case Field::kIpFragments:
      return when(cold.has_ip_metric, cold.fragments);
    case Field::kIpFragmentErrors:
      return when(cold.has_ip_metric, cold.fragment_errors);
    default:
      return std::nullopt;
  }
}

bool TableFields::HasLayer(uint32_t place, Field layer) const {
  const Cold& cold = table_.cold(place);
  const Extension* extension = cold.extension.get();
  switch (layer) {
    case Field::kLink:
      return cold.has_link;
    case Field::kNetwork:
      return cold.has_network;
    case Field::kTransport:
      return cold.has_transport;
    case Field::kIcmp:
      return cold.has_icmp;
    case Field::kMetric:
      return true;
    case Field::kLastUpdate:
      return cold.updates > 0;
    case Field::kTcp:
      return extension != nullptr && extension->tcp != nullptr;
    case Field::kDns:
      return extension != nullptr && !extension->dns.empty();
    case Field::kDhcp:
      return extension != nullptr && !extension->dhcpv4.empty();
    default:
      return false;
  }
}

bool TableFields::MatchesLeaf(uint32_t place, const Filter& leaf) {
  // Spelling every address of a large table would cost more than all the rest.
  if (leaf.kind == Filter::Kind::kIpv4Range &&
      (leaf.field == Field::kNetworkA || leaf.field == Field::kNetworkB)) {
    const Cold& cold = table_.cold(place);
    const std::optional<uint32_t> address =
        cold.has_network ? Ipv4Of(leaf.field == Field::kNetworkA ? cold.ip_a : cold.ip_b) : std::nullopt;
    return address && *address >= leaf.first && *address <= leaf.last;
  }
  switch (KindOf(leaf.field)) {
    case FieldKind::kText:
      return leaf.MatchesText(Text(place, leaf.field));
    case FieldKind::kInteger:
      return leaf.MatchesInteger(Integer(place, leaf.field));
    case FieldKind::kLayer:
      return leaf.kind == Filter::Kind::kNull && !HasLayer(place, leaf.field);
    case FieldKind::kNone:
      return leaf.kind == Filter::Kind::kNull;
  }
  return false;
}

bool TableFields::Matches(uint32_t place, const Filter& filter) {
  return flow::Matches(filter, [this, place](const Filter& leaf) { return MatchesLeaf(place, leaf); });
}

}  // namespace skydive::flow
