// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_view.h"

#include "flow/protobuf_reader.h"

namespace skydive::flow {
namespace {

bool ReadLayer(std::string_view bytes, FlowView::Layer& layer) {
  layer.present = true;
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    if (reader.IsVarint(1)) layer.protocol = int32_t(reader.number());
    if (reader.IsBytes(3)) layer.a = reader.bytes();
    if (reader.IsBytes(4)) layer.b = reader.bytes();
    if (reader.IsVarint(5)) layer.id = int64_t(reader.number());
  }
  return reader.ok();
}

bool ReadTransport(std::string_view bytes, FlowView::Transport& transport) {
  transport.present = true;
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    if (reader.IsVarint(1)) transport.protocol = int32_t(reader.number());
    if (reader.IsVarint(2)) transport.a = int64_t(reader.number());
    if (reader.IsVarint(3)) transport.b = int64_t(reader.number());
    if (reader.IsVarint(4)) transport.id = int64_t(reader.number());
  }
  return reader.ok();
}

bool ReadIcmp(std::string_view bytes, FlowView::Icmp& icmp) {
  icmp.present = true;
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    if (reader.IsVarint(1)) icmp.type = int32_t(reader.number());
    if (reader.IsVarint(2)) icmp.code = uint32_t(reader.number());
    if (reader.IsVarint(3)) icmp.id = uint32_t(reader.number());
  }
  return reader.ok();
}

bool ReadMetric(std::string_view bytes, Metric& metric) {
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    const auto number = int64_t(reader.number());
    if (reader.IsVarint(2)) metric.counters.ab_packets = number;
    if (reader.IsVarint(3)) metric.counters.ab_bytes = number;
    if (reader.IsVarint(4)) metric.counters.ba_packets = number;
    if (reader.IsVarint(5)) metric.counters.ba_bytes = number;
    if (reader.IsVarint(6)) metric.start_ms = number;
    if (reader.IsVarint(7)) metric.last_ms = number;
    if (reader.IsVarint(8)) metric.rtt_ns = number;
  }
  return reader.ok();
}

bool ReadRawPacket(std::string_view bytes, FlowView::RawPacket& packet) {
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    if (reader.IsVarint(1)) packet.time_ms = int64_t(reader.number());
    if (reader.IsVarint(2)) packet.index = int64_t(reader.number());
    if (reader.IsBytes(3)) packet.data = reader.bytes();
    if (reader.IsVarint(4)) packet.link_type = uint32_t(reader.number());
  }
  return reader.ok();
}

// What is shown as it is: its own fields have to be sound, what lies deeper is read with care.
bool KeepMessage(std::string_view bytes, FlowView::Message& message) {
  message = {true, bytes};
  ProtobufReader reader(bytes);
  while (reader.Next()) {
  }
  return reader.ok();
}

bool ReadText(const ProtobufReader& reader, std::string_view& text) {
  text = reader.bytes();
  return true;
}

bool ReadBytesField(const ProtobufReader& reader, FlowView& flow) {
  switch (reader.field()) {
    case 1:
      return ReadText(reader, flow.uuid);
    case 2:
      return ReadText(reader, flow.layers_path);
    case 3:
      return ReadText(reader, flow.application);
    case 6:
      return ReadText(reader, flow.parent_uuid);
    case 20:
      return ReadLayer(reader.bytes(), flow.link);
    case 21:
      return ReadLayer(reader.bytes(), flow.network);
    case 22:
      return ReadTransport(reader.bytes(), flow.transport);
    case 23:
      return ReadIcmp(reader.bytes(), flow.icmp);
    case 31:
      flow.has_last_update = true;
      return ReadMetric(reader.bytes(), flow.last_update);
    case 32:
      flow.has_metric = true;
      return ReadMetric(reader.bytes(), flow.metric);
    case 33:
      return ReadText(reader, flow.node_tid);
    case 34:
      return ReadText(reader, flow.capture_id);
    case 36:
      return ReadRawPacket(reader.bytes(), flow.raw_packets.emplace_back());
    case 38:
      return KeepMessage(reader.bytes(), flow.tcp_metric);
    case 39:
      return KeepMessage(reader.bytes(), flow.ip_metric);
    case 50:
      return ReadText(reader, flow.tracking_id);
    case 51:
      return ReadText(reader, flow.l3_tracking_id);
    case 1000:
      return KeepMessage(reader.bytes(), flow.dhcpv4);
    case 1001:
      return KeepMessage(reader.bytes(), flow.dns);
    case 1002:
      return KeepMessage(reader.bytes(), flow.vrrpv2);
    default:
      return true;
  }
}

}  // namespace

bool ReadFlow(std::string_view bytes, FlowView& flow) {
  std::vector<FlowView::RawPacket> packets = std::move(flow.raw_packets);
  packets.clear();
  flow = FlowView{};
  flow.raw_packets = std::move(packets);
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    if (reader.IsVarint(10)) {
      flow.start_ms = int64_t(reader.number());
    } else if (reader.IsVarint(11)) {
      flow.last_ms = int64_t(reader.number());
    } else if (reader.IsVarint(37)) {
      flow.raw_packets_captured = int64_t(reader.number());
    } else if (reader.IsVarint(60)) {
      flow.finish = int32_t(reader.number());
    } else if (reader.IsBytes(reader.field()) && !ReadBytesField(reader, flow)) {
      return false;
    }
  }
  return reader.ok();
}

bool ReadStats(std::string_view bytes, StatsView& stats) {
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    const auto number = int64_t(reader.number());
    if (reader.IsBytes(1)) stats.capture_id = reader.bytes();
    if (reader.IsVarint(2)) stats.flow_count = number;
    if (reader.IsVarint(3)) stats.flow_dropped = number;
    if (reader.IsVarint(4)) stats.kernel_flow_dropped = number;
    if (reader.IsVarint(5)) stats.packets_dropped = number;
    if (reader.IsVarint(6)) stats.packets_received = number;
  }
  return reader.ok();
}

}  // namespace skydive::flow
