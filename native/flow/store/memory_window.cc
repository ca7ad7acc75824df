// SPDX-License-Identifier: Apache-2.0
#include "flow/store/memory_window.h"

#include <algorithm>
#include <numeric>

#include "flow/protobuf_writer.h"
#include "flow/store/identifier.h"
#include "flow/store/segment_writer.h"

namespace skydive::flow::store {
namespace {

// The messages of a flow that are kept as they are, as fields of a Flow.
std::string ExtraOf(const FlowView& flow) {
  std::string extra;
  ProtobufWriter writer(extra);
  const auto keep = [&](uint32_t field, const FlowView::Message& message) {
    if (message.present) writer.Element(field, message.bytes);
  };
  keep(38, flow.tcp_metric);
  keep(39, flow.ip_metric);
  keep(1000, flow.dhcpv4);
  keep(1001, flow.dns);
  keep(1002, flow.vrrpv2);
  return extra;
}

}  // namespace

uint32_t MemoryWindow::Identifier(std::string_view text, uint64_t& value, uint32_t odd_flag) {
  if (const std::optional<uint64_t> number = NumberOf(text)) {
    value = *number;
    return 0;
  }
  value = texts(Dictionary::kOdd).Intern(text);
  return odd_flag;
}

uint32_t MemoryWindow::Find(uint64_t uuid) const {
  return index_.Find(KeyedHash(uuid), [&](uint32_t row) { return rows_[row].uuid == uuid; });
}

std::pair<uint32_t, bool> MemoryWindow::Put(const FlowView& flow, uint64_t uuid, bool odd) {
  const uint64_t hash = KeyedHash(uuid);
  uint32_t place = index_.Find(hash, [&](uint32_t row) { return rows_[row].uuid == uuid; });
  const bool is_new = place == kNone;
  if (is_new) {
    place = uint32_t(rows_.size());
    index_.Insert(hash, place);
    // Many texts are those of the flow before.
    Row row{};
    if (place > 0) row = rows_.back();
    row.flags = 0;
    row.extra = 0;
    rows_.push_back(row);
  }
  Row& row = rows_[place];
  uint32_t flags = row.flags & kContinued;
  row.uuid = uuid;
  row.odd_uuid = odd ? texts(Dictionary::kOdd).Intern(flow.uuid) : 0;
  if (odd) flags |= kOddUuidFlag;
  flags |= Identifier(flow.tracking_id, row.tracking, kOddTracking);
  flags |= Identifier(flow.l3_tracking_id, row.l3_tracking, kOddL3Tracking);
  flags |= Identifier(flow.parent_uuid, row.parent, kOddParent);
  row.start = flow.start_ms;
  row.last = flow.last_ms;
  row.raw_packets_captured = flow.raw_packets_captured;
  row.finish = int32_t(flow.finish);
  row.path = texts(Dictionary::kPath).Intern(flow.layers_path, row.path);
  row.application = texts(Dictionary::kApplication).Intern(flow.application, row.application);
  row.node_tid = texts(Dictionary::kNodeTid).Intern(flow.node_tid, row.node_tid);
  row.capture_id = texts(Dictionary::kCaptureId).Intern(flow.capture_id, row.capture_id);
  row.link_protocol = int32_t(flow.link.protocol);
  row.link_a = texts(Dictionary::kMac).Intern(flow.link.a, row.link_a);
  row.link_b = texts(Dictionary::kMac).Intern(flow.link.b, row.link_b);
  row.link_id = flow.link.id;
  row.network_protocol = int32_t(flow.network.protocol);
  row.network_a = texts(Dictionary::kAddress).Intern(flow.network.a, row.network_a);
  row.network_b = texts(Dictionary::kAddress).Intern(flow.network.b, row.network_b);
  row.network_id = flow.network.id;
  row.transport_protocol = int32_t(flow.transport.protocol);
  row.transport_a = flow.transport.a;
  row.transport_b = flow.transport.b;
  row.transport_id = flow.transport.id;
  row.icmp_type = int32_t(flow.icmp.type);
  row.icmp_code = flow.icmp.code;
  row.icmp_id = flow.icmp.id;
  row.metric = flow.metric;
  if (flow.link.present) flags |= kHasLink;
  if (flow.network.present) flags |= kHasNetwork;
  if (flow.transport.present) flags |= kHasTransport;
  if (flow.icmp.present) flags |= kHasIcmp;
  if (flow.has_metric) flags |= kHasMetric;
  if (flow.has_last_update) {
    flags |= kHasLastUpdate;
    records_.push_back({place, flow.last_update});
  }
  row.flags = flags;
  const bool extra = flow.tcp_metric.present || flow.ip_metric.present || flow.dhcpv4.present ||
                     flow.dns.present || flow.vrrpv2.present;
  if (extra && row.extra == 0) {
    extras_.emplace_back();
    row.extra = uint32_t(extras_.size());
  }
  if (row.extra != 0) {
    extra_bytes_ -= extras_[row.extra - 1].size();
    extras_[row.extra - 1] = ExtraOf(flow);
    extra_bytes_ += extras_[row.extra - 1].size();
  }
  for (const FlowView::RawPacket& packet : flow.raw_packets) {
    packets_.push_back({place, uint32_t(packet.link_type), packet.time_ms, packet.index,
                        uint32_t(packet_bytes_.size()), uint32_t(packet.data.size())});
    packet_bytes_ += packet.data;
  }
  max_last_ms_ = std::max(max_last_ms_, flow.last_ms);
  return {place, is_new};
}

void MemoryWindow::Replace(uint32_t row, uint32_t segment, uint32_t older) {
  rows_[row].flags |= kContinued;
  replaced_.emplace_back(segment, older);
}

void MemoryWindow::Arrived(int64_t now_ms) {
  if (arrived_first_ms_ == 0) arrived_first_ms_ = now_ms;
  arrived_last_ms_ = now_ms;
}

size_t MemoryWindow::Bytes() const {
  size_t bytes = rows_.size() * sizeof(Row) + records_.size() * sizeof(Record) +
                 packets_.size() * sizeof(Packet) + packet_bytes_.size() + extra_bytes_ +
                 extras_.size() * sizeof(std::string);
  for (const TextDictionary& dictionary : texts_) bytes += dictionary.bytes().size();
  return bytes;
}

std::string MemoryWindow::Encode() const {
  SegmentHead head{};
  head.rows = rows_.size();
  head.records = records_.size();
  head.packets = packets_.size();
  head.replaced = replaced_.size();
  head.arrived_first_ms = arrived_first_ms_;
  head.arrived_last_ms = arrived_last_ms_;
  SegmentWriter writer(head);

  std::vector<int64_t> values, starts;
  const auto collect = [&values](const auto& items, auto value) {
    values.clear();
    values.reserve(items.size());
    for (const auto& item : items) values.push_back(int64_t(value(item)));
  };
  const auto numbers = [&](Column column, const auto& items, auto value) {
    collect(items, value);
    writer.Numbers(column, values);
  };
  const auto times = [&](Column column, const auto& items, auto value) {
    collect(items, value);
    writer.Times(column, values, starts);
  };
  // How many of the items, which are in the order of their rows, belong to each row and those before.
  const auto ends = [&](Column column, const auto& items) {
    values.assign(rows_.size(), 0);
    for (const auto& item : items) ++values[item.row];
    std::partial_sum(values.begin(), values.end(), values.begin());
    writer.Numbers(column, values);
  };

  collect(rows_, [](const Row& row) { return row.start; });
  starts = values;
  writer.Numbers(Column::kStart, values);
  times(Column::kMetricStart, rows_, [](const Row& row) { return row.metric.start_ms; });
  collect(rows_, [](const Row& row) { return row.last; });
  starts = values;
  writer.Numbers(Column::kLast, values);
  times(Column::kMetricLast, rows_, [](const Row& row) { return row.metric.last_ms; });
  numbers(Column::kFlags, rows_, [](const Row& row) { return row.flags; });
  numbers(Column::kLinkProtocol, rows_, [](const Row& row) { return row.link_protocol; });
  numbers(Column::kLinkId, rows_, [](const Row& row) { return row.link_id; });
  numbers(Column::kNetworkProtocol, rows_, [](const Row& row) { return row.network_protocol; });
  numbers(Column::kNetworkId, rows_, [](const Row& row) { return row.network_id; });
  numbers(Column::kTransportProtocol, rows_, [](const Row& row) { return row.transport_protocol; });
  numbers(Column::kTransportA, rows_, [](const Row& row) { return row.transport_a; });
  numbers(Column::kTransportB, rows_, [](const Row& row) { return row.transport_b; });
  numbers(Column::kTransportId, rows_, [](const Row& row) { return row.transport_id; });
  numbers(Column::kIcmpType, rows_, [](const Row& row) { return row.icmp_type; });
  numbers(Column::kIcmpCode, rows_, [](const Row& row) { return row.icmp_code; });
  numbers(Column::kIcmpId, rows_, [](const Row& row) { return row.icmp_id; });
  numbers(Column::kMetricAbPackets, rows_, [](const Row& row) { return row.metric.counters.ab_packets; });
  numbers(Column::kMetricAbBytes, rows_, [](const Row& row) { return row.metric.counters.ab_bytes; });
  numbers(Column::kMetricBaPackets, rows_, [](const Row& row) { return row.metric.counters.ba_packets; });
  numbers(Column::kMetricBaBytes, rows_, [](const Row& row) { return row.metric.counters.ba_bytes; });
  numbers(Column::kMetricRtt, rows_, [](const Row& row) { return row.metric.rtt_ns; });
  numbers(Column::kRawPacketsCaptured, rows_, [](const Row& row) { return row.raw_packets_captured; });
  numbers(Column::kFinish, rows_, [](const Row& row) { return row.finish; });
  numbers(Column::kUuid, rows_, [](const Row& row) { return row.uuid; });
  numbers(Column::kTrackingId, rows_, [](const Row& row) { return row.tracking; });
  numbers(Column::kL3TrackingId, rows_, [](const Row& row) { return row.l3_tracking; });
  numbers(Column::kParentUuid, rows_, [](const Row& row) { return row.parent; });
  numbers(Column::kOddUuid, rows_, [](const Row& row) { return row.odd_uuid; });
  numbers(Column::kLayersPath, rows_, [](const Row& row) { return row.path; });
  numbers(Column::kApplication, rows_, [](const Row& row) { return row.application; });
  numbers(Column::kNodeTid, rows_, [](const Row& row) { return row.node_tid; });
  numbers(Column::kCaptureId, rows_, [](const Row& row) { return row.capture_id; });
  numbers(Column::kLinkA, rows_, [](const Row& row) { return row.link_a; });
  numbers(Column::kLinkB, rows_, [](const Row& row) { return row.link_b; });
  numbers(Column::kNetworkA, rows_, [](const Row& row) { return row.network_a; });
  numbers(Column::kNetworkB, rows_, [](const Row& row) { return row.network_b; });
  ends(Column::kRecordEnd, records_);
  ends(Column::kPacketEnd, packets_);

  std::string extra;
  numbers(Column::kExtraEnd, rows_, [&](const Row& row) {
    if (row.extra != 0) extra += extras_[row.extra - 1];
    return extra.size();
  });
  writer.Bytes(Column::kExtraBytes, extra);

  std::vector<uint32_t> order(rows_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [this](uint32_t a, uint32_t b) { return rows_[a].uuid < rows_[b].uuid; });
  numbers(Column::kByUuid, order, [](uint32_t row) { return row; });

  // A counting sort: the items of each row, in the order they came.
  const auto by_row = [this](const auto& items) {
    std::vector<uint32_t> next(rows_.size() + 1, 0), places(items.size());
    for (const auto& item : items) ++next[item.row + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (uint32_t i = 0; i < items.size(); ++i) places[next[items[i].row]++] = i;
    return places;
  };
  const std::vector<uint32_t> records = by_row(records_);
  const auto metric = [this](uint32_t place) -> const Metric& { return records_[place].metric; };
  collect(records, [&](uint32_t place) { return metric(place).start_ms; });
  starts = values;
  writer.Numbers(Column::kRecordStart, values);
  times(Column::kRecordLast, records, [&](uint32_t place) { return metric(place).last_ms; });
  numbers(Column::kRecordAbPackets, records, [&](uint32_t i) { return metric(i).counters.ab_packets; });
  numbers(Column::kRecordAbBytes, records, [&](uint32_t i) { return metric(i).counters.ab_bytes; });
  numbers(Column::kRecordBaPackets, records, [&](uint32_t i) { return metric(i).counters.ba_packets; });
  numbers(Column::kRecordBaBytes, records, [&](uint32_t i) { return metric(i).counters.ba_bytes; });
  numbers(Column::kRecordRtt, records, [&](uint32_t i) { return metric(i).rtt_ns; });

  const std::vector<uint32_t> packets = by_row(packets_);
  numbers(Column::kPacketTime, packets, [this](uint32_t i) { return packets_[i].time_ms; });
  numbers(Column::kPacketIndex, packets, [this](uint32_t i) { return packets_[i].index; });
  numbers(Column::kPacketLinkType, packets, [this](uint32_t i) { return packets_[i].link_type; });
  std::string data;
  data.reserve(packet_bytes_.size());
  numbers(Column::kPacketDataEnd, packets, [&](uint32_t i) {
    data.append(packet_bytes_, packets_[i].begin, packets_[i].size);
    return data.size();
  });
  writer.Bytes(Column::kPacketBytes, data);

  numbers(Column::kReplacedSegment, replaced_, [](const auto& pair) { return pair.first; });
  numbers(Column::kReplacedRow, replaced_, [](const auto& pair) { return pair.second; });

  for (size_t i = 0; i < kDictionaries; ++i) {
    numbers(EndsOf(Dictionary(i)), texts_[i].ends(), [](uint32_t end) { return end; });
    writer.Bytes(BytesOf(Dictionary(i)), texts_[i].bytes());
  }
  return writer.Finish();
}

}  // namespace skydive::flow::store
