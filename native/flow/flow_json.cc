// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_json.h"

#include <array>
#include <vector>

#include "flow/encode.h"
#include "flow/json_writer.h"
#include "flow/protobuf_reader.h"

namespace skydive::flow {
namespace {

layers::Cursor CursorOf(std::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

void WriteLayer(JsonWriter& writer, std::string_view key, const FlowView::Layer& layer) {
  std::string scratch;
  writer.Key(key);
  writer.Object([&] {
    writer.Text("Protocol", ProtocolName(layer.protocol, scratch));
    writer.TextUnlessEmpty("A", layer.a);
    writer.TextUnlessEmpty("B", layer.b);
    writer.Number("ID", layer.id);
  });
}

void WriteTransport(JsonWriter& writer, const FlowView::Transport& transport) {
  std::string scratch;
  writer.Key("Transport");
  writer.Object([&] {
    writer.Text("Protocol", ProtocolName(transport.protocol, scratch));
    writer.Number("A", transport.a);
    writer.Number("B", transport.b);
    writer.Number("ID", transport.id);
  });
}

void WriteIcmp(JsonWriter& writer, const FlowView::Icmp& icmp) {
  std::string scratch;
  writer.Key("ICMP");
  writer.Object([&] {
    writer.Text("Type", IcmpTypeName(icmp.type, scratch));
    writer.NumberUnlessZero("Code", icmp.code);
    writer.NumberUnlessZero("ID", icmp.id);
  });
}

void WriteMetric(JsonWriter& writer, const Metric& metric) {
  writer.Object([&] {
    writer.Number("ABPackets", metric.counters.ab_packets);
    writer.Number("ABBytes", metric.counters.ab_bytes);
    writer.Number("BAPackets", metric.counters.ba_packets);
    writer.Number("BABytes", metric.counters.ba_bytes);
    writer.Number("Start", metric.start_ms);
    writer.Number("Last", metric.last_ms);
    writer.NumberUnlessZero("RTT", metric.rtt_ns);
  });
}

// What a field of a message is called in JSON, and how it is shown when it is not zero.
struct Member {
  enum class Kind : uint8_t { kNumber, kText, kTrue, kBase64, kAlways };
  uint32_t field;
  std::string_view name;
  Kind kind;
};
using Kind = Member::Kind;

// The scalar members of a message, in order; the last value of each field counts.
template <size_t kCount>
void WriteMembers(JsonWriter& writer, std::string_view bytes, const Member (&members)[kCount]) {
  std::array<uint64_t, kCount> numbers{};
  std::array<std::string_view, kCount> texts{};
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    for (size_t i = 0; i < kCount; ++i) {
      if (members[i].field != reader.field()) continue;
      const bool text = members[i].kind == Kind::kText || members[i].kind == Kind::kBase64;
      if (text && reader.IsBytes(members[i].field)) texts[i] = reader.bytes();
      if (!text && reader.IsVarint(members[i].field)) numbers[i] = reader.number();
    }
  }
  for (size_t i = 0; i < kCount; ++i) {
    const std::string_view name = members[i].name;
    switch (members[i].kind) {
      case Kind::kNumber:
        // All of them are uint32.
        writer.NumberUnlessZero(name, uint32_t(numbers[i]));
        break;
      case Kind::kAlways:
        writer.Number(name, int64_t(numbers[i]));
        break;
      case Kind::kTrue:
        writer.TrueIf(name, numbers[i] != 0);
        break;
      case Kind::kText:
        writer.TextUnlessEmpty(name, texts[i]);
        break;
      case Kind::kBase64:
        writer.Base64UnlessEmpty(name, CursorOf(texts[i]));
        break;
    }
  }
}

template <size_t kCount>
void WriteObject(JsonWriter& writer, std::string_view key, std::string_view bytes,
                 const Member (&members)[kCount]) {
  writer.Key(key);
  writer.Object([&] { WriteMembers(writer, bytes, members); });
}

constexpr Member kTcpMetric[] = {{1, "ABSynStart", Kind::kAlways},
                                 {2, "BASynStart", Kind::kAlways},
                                 {3, "ABSynTTL", Kind::kNumber},
                                 {4, "BASynTTL", Kind::kNumber},
                                 {5, "ABFinStart", Kind::kAlways},
                                 {6, "BAFinStart", Kind::kAlways},
                                 {7, "ABRstStart", Kind::kAlways},
                                 {8, "BARstStart", Kind::kAlways},
                                 {9, "ABSegmentOutOfOrder", Kind::kAlways},
                                 {10, "ABSegmentSkipped", Kind::kAlways},
                                 {11, "ABSegmentSkippedBytes", Kind::kAlways},
                                 {12, "ABPackets", Kind::kAlways},
                                 {13, "ABBytes", Kind::kAlways},
                                 {14, "ABSawStart", Kind::kAlways},
                                 {15, "ABSawEnd", Kind::kAlways},
                                 {16, "BASegmentOutOfOrder", Kind::kAlways},
                                 {17, "BASegmentSkipped", Kind::kAlways},
                                 {18, "BASegmentSkippedBytes", Kind::kAlways},
                                 {19, "BAPackets", Kind::kAlways},
                                 {20, "BABytes", Kind::kAlways},
                                 {21, "BASawStart", Kind::kAlways},
                                 {22, "BASawEnd", Kind::kAlways}};
constexpr Member kIpMetric[] = {{1, "Fragments", Kind::kAlways}, {2, "FragmentErrors", Kind::kAlways}};
constexpr Member kDhcpv4[] = {{1, "contents", Kind::kBase64},     {2, "payload", Kind::kBase64},
                              {3, "hardware_len", Kind::kNumber}, {4, "hardware_opts", Kind::kNumber},
                              {5, "xid", Kind::kNumber},          {6, "secs", Kind::kNumber},
                              {7, "flags", Kind::kNumber},        {8, "server_name", Kind::kBase64},
                              {9, "file", Kind::kBase64}};
constexpr Member kVrrpv2[] = {{1, "contents", Kind::kBase64},  {2, "payload", Kind::kBase64},
                              {3, "version", Kind::kNumber},   {4, "VirtualRtrID", Kind::kNumber},
                              {5, "priority", Kind::kNumber},  {6, "CountIPAddr", Kind::kNumber},
                              {7, "adver_int", Kind::kNumber}, {8, "checksum", Kind::kNumber}};
constexpr Member kDnsHead[] = {
    {1, "ID", Kind::kNumber},       {2, "QR", Kind::kTrue},         {3, "op_code", Kind::kText},
    {4, "AA", Kind::kTrue},         {5, "TC", Kind::kTrue},         {6, "RD", Kind::kTrue},
    {7, "RA", Kind::kTrue},         {8, "z", Kind::kNumber},        {9, "response_code", Kind::kText},
    {10, "QDCount", Kind::kNumber}, {11, "ANCount", Kind::kNumber}, {12, "NSCount", Kind::kNumber},
    {13, "ARCount", Kind::kNumber}};
constexpr Member kDnsQuestion[] = {
    {1, "name", Kind::kText}, {2, "type", Kind::kText}, {3, "class", Kind::kText}};
constexpr Member kDnsRecord[] = {
    {1, "name", Kind::kText},  {2, "type", Kind::kText},          {3, "class", Kind::kText},
    {4, "TTL", Kind::kNumber}, {5, "data_length", Kind::kNumber}, {6, "IP", Kind::kText},
    {7, "NS", Kind::kText},    {8, "CNAME", Kind::kText},         {9, "PTR", Kind::kText}};
constexpr Member kDnsSoa[] = {{1, "MName", Kind::kText},    {2, "RName", Kind::kText},
                              {3, "serial", Kind::kNumber}, {4, "refresh", Kind::kNumber},
                              {5, "retry", Kind::kNumber},  {6, "expire", Kind::kNumber},
                              {7, "minimum", Kind::kNumber}};
constexpr Member kDnsSrv[] = {{1, "priority", Kind::kNumber},
                              {2, "weight", Kind::kNumber},
                              {3, "port", Kind::kNumber},
                              {4, "name", Kind::kText}};
constexpr Member kDnsMx[] = {{1, "preference", Kind::kNumber}, {2, "name", Kind::kText}};
constexpr Member kDnsOpt[] = {{1, "Code", Kind::kText}, {2, "Data", Kind::kText}};

// The elements of a repeated field, in one array; no member when there are none.
template <typename Write>
void WriteList(JsonWriter& writer, std::string_view key, std::string_view bytes, uint32_t field,
               Write write) {
  std::vector<std::string_view> elements;
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    if (reader.IsBytes(field)) elements.push_back(reader.bytes());
  }
  if (elements.empty()) return;
  writer.Key(key);
  writer.Array([&] {
    for (const std::string_view element : elements) write(element);
  });
}

void WriteDnsRecord(JsonWriter& writer, std::string_view bytes) {
  writer.Object([&] {
    WriteMembers(writer, bytes, kDnsRecord);
    WriteList(writer, "TXTs", bytes, 10, [&](std::string_view text) { writer.Element(text); });
    std::string_view soa, srv, mx;
    bool has_soa = false, has_srv = false, has_mx = false;
    ProtobufReader reader(bytes);
    while (reader.Next()) {
      if (reader.IsBytes(11)) has_soa = true, soa = reader.bytes();
      if (reader.IsBytes(12)) has_srv = true, srv = reader.bytes();
      if (reader.IsBytes(13)) has_mx = true, mx = reader.bytes();
    }
    if (has_soa) WriteObject(writer, "SOA", soa, kDnsSoa);
    if (has_srv) WriteObject(writer, "SRV", srv, kDnsSrv);
    if (has_mx) WriteObject(writer, "MX", mx, kDnsMx);
    WriteList(writer, "OPT", bytes, 14,
              [&](std::string_view opt) { writer.Object([&] { WriteMembers(writer, opt, kDnsOpt); }); });
  });
}

// A google.protobuf.Timestamp; without one, Go's zero time.
std::string TimeText(std::string_view dns) {
  constexpr int64_t kMaxSeconds = 9'000'000'000;
  int64_t seconds = 0, nanos = 0;
  bool present = false;
  ProtobufReader reader(dns);
  while (reader.Next()) {
    if (!reader.IsBytes(18)) continue;
    present = true;
    ProtobufReader time(reader.bytes());
    while (time.Next()) {
      if (time.IsVarint(1)) seconds = int64_t(time.number());
      if (time.IsVarint(2)) nanos = int32_t(time.number());
    }
  }
  if (!present || seconds < 0 || seconds > kMaxSeconds || nanos < 0 || nanos >= 1'000'000'000) {
    return "0001-01-01T00:00:00Z";
  }
  std::string text;
  AppendTime(text, seconds * 1'000'000'000 + nanos);
  return text;
}

void WriteDns(JsonWriter& writer, std::string_view bytes) {
  writer.Key("DNS");
  writer.Object([&] {
    WriteMembers(writer, bytes, kDnsHead);
    WriteList(writer, "questions", bytes, 14, [&](std::string_view question) {
      writer.Object([&] { WriteMembers(writer, question, kDnsQuestion); });
    });
    const auto record = [&](std::string_view element) { WriteDnsRecord(writer, element); };
    WriteList(writer, "answers", bytes, 15, record);
    WriteList(writer, "authorities", bytes, 16, record);
    WriteList(writer, "additionals", bytes, 17, record);
    writer.Text("timestamp", TimeText(bytes));
  });
}

std::string_view Digits(int64_t number, std::string& scratch) {
  scratch.clear();
  AppendDecimal(scratch, number);
  return scratch;
}

}  // namespace

std::string_view ProtocolName(int64_t protocol, std::string& scratch) {
  const bool named = protocol >= 0 && protocol <= int64_t(Protocol::kIcmpv6);
  return named ? NameOf(Protocol(protocol)) : Digits(protocol, scratch);
}

std::string_view IcmpTypeName(int64_t type, std::string& scratch) {
  const bool named = type >= 0 && type <= int64_t(IcmpType::kPacketTooBig);
  return named ? NameOf(IcmpType(type)) : Digits(type, scratch);
}

void AppendJson(const Metric& metric, std::string& out) {
  JsonWriter writer(out);
  WriteMetric(writer, metric);
}

void AppendJson(const FlowView::RawPacket& packet, std::string& out) {
  JsonWriter writer(out);
  writer.Object([&] {
    writer.Number("Timestamp", packet.time_ms);
    writer.Number("Index", packet.index);
    writer.Base64UnlessEmpty("Data", CursorOf(packet.data));
    writer.NumberUnlessZero("LinkType", packet.link_type);
  });
}

void AppendJson(const StatsView& stats, std::string& out) {
  JsonWriter writer(out);
  writer.Object([&] {
    writer.Text("CaptureID", stats.capture_id);
    writer.Number("FlowCount", stats.flow_count);
    writer.Number("FlowDropped", stats.flow_dropped);
    writer.Number("KernelFlowDropped", stats.kernel_flow_dropped);
    writer.Number("PacketsDropped", stats.packets_dropped);
    writer.Number("PacketsReceived", stats.packets_received);
  });
}

void AppendJson(const FlowView& flow, std::string& out) {
  JsonWriter writer(out);
  writer.Object([&] {
    writer.TextUnlessEmpty("UUID", flow.uuid);
    writer.TextUnlessEmpty("LayersPath", flow.layers_path);
    writer.TextUnlessEmpty("Application", flow.application);
    if (flow.link.present) WriteLayer(writer, "Link", flow.link);
    if (flow.network.present) WriteLayer(writer, "Network", flow.network);
    if (flow.transport.present) WriteTransport(writer, flow.transport);
    if (flow.icmp.present) WriteIcmp(writer, flow.icmp);
    if (flow.dhcpv4.present) WriteObject(writer, "DHCPv4", flow.dhcpv4.bytes, kDhcpv4);
    if (flow.dns.present) WriteDns(writer, flow.dns.bytes);
    if (flow.vrrpv2.present) WriteObject(writer, "VRRPv2", flow.vrrpv2.bytes, kVrrpv2);
    if (flow.has_last_update) {
      writer.Key("LastUpdateMetric");
      WriteMetric(writer, flow.last_update);
    }
    if (flow.has_metric) {
      writer.Key("Metric");
      WriteMetric(writer, flow.metric);
    }
    if (flow.tcp_metric.present) WriteObject(writer, "TCPMetric", flow.tcp_metric.bytes, kTcpMetric);
    if (flow.ip_metric.present) WriteObject(writer, "IPMetric", flow.ip_metric.bytes, kIpMetric);
    writer.Number("Start", flow.start_ms);
    writer.Number("Last", flow.last_ms);
    writer.TextUnlessEmpty("TrackingID", flow.tracking_id);
    writer.TextUnlessEmpty("L3TrackingID", flow.l3_tracking_id);
    writer.Text("ParentUUID", flow.parent_uuid);
    writer.TextUnlessEmpty("NodeTID", flow.node_tid);
    writer.TextUnlessEmpty("CaptureID", flow.capture_id);
    writer.Number("RawPacketsCaptured", flow.raw_packets_captured);
    writer.NumberUnlessZero("FinishType", flow.finish);
  });
}

}  // namespace skydive::flow
