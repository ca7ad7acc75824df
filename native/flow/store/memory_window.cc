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
    place = count_++;
    index_.Insert(hash, place);
    rows_.Grow(count_);
    // Many texts are those of the flow before.
    if (place > 0) rows_[place] = rows_[place - 1];
    rows_[place].flags = 0;
    rows_[place].extra = 0;
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
  size_t bytes = size_t{count_} * sizeof(Row) + records_.size() * sizeof(Record) +
                 packets_.size() * sizeof(Packet) + packet_bytes_.size() + extra_bytes_ +
                 extras_.size() * sizeof(std::string);
  for (const TextDictionary& dictionary : texts_) bytes += dictionary.bytes().size();
  return bytes;
}

std::string MemoryWindow::Encode() const {
  struct RowColumn {
    Column column;
    int64_t (*value)(const Row&);
  };
  // The first two are what others are told from.
  static constexpr RowColumn kRowColumns[] = {
      {Column::kStart, [](const Row& row) { return row.start; }},
      {Column::kLast, [](const Row& row) { return row.last; }},
      {Column::kMetricStart, [](const Row& row) { return int64_t(row.metric.start_ms); }},
      {Column::kMetricLast, [](const Row& row) { return int64_t(row.metric.last_ms); }},
      {Column::kFlags, [](const Row& row) { return int64_t(row.flags); }},
      {Column::kLinkProtocol, [](const Row& row) { return int64_t(row.link_protocol); }},
      {Column::kLinkId, [](const Row& row) { return int64_t(row.link_id); }},
      {Column::kNetworkProtocol, [](const Row& row) { return int64_t(row.network_protocol); }},
      {Column::kNetworkId, [](const Row& row) { return int64_t(row.network_id); }},
      {Column::kTransportProtocol, [](const Row& row) { return int64_t(row.transport_protocol); }},
      {Column::kTransportA, [](const Row& row) { return int64_t(row.transport_a); }},
      {Column::kTransportB, [](const Row& row) { return int64_t(row.transport_b); }},
      {Column::kTransportId, [](const Row& row) { return int64_t(row.transport_id); }},
      {Column::kIcmpType, [](const Row& row) { return int64_t(row.icmp_type); }},
      {Column::kIcmpCode, [](const Row& row) { return int64_t(row.icmp_code); }},
      {Column::kIcmpId, [](const Row& row) { return int64_t(row.icmp_id); }},
      {Column::kMetricAbPackets, [](const Row& row) { return int64_t(row.metric.counters.ab_packets); }},
      {Column::kMetricAbBytes, [](const Row& row) { return int64_t(row.metric.counters.ab_bytes); }},
      {Column::kMetricBaPackets, [](const Row& row) { return int64_t(row.metric.counters.ba_packets); }},
      {Column::kMetricBaBytes, [](const Row& row) { return int64_t(row.metric.counters.ba_bytes); }},
      {Column::kMetricRtt, [](const Row& row) { return int64_t(row.metric.rtt_ns); }},
      {Column::kRawPacketsCaptured, [](const Row& row) { return int64_t(row.raw_packets_captured); }},
      {Column::kFinish, [](const Row& row) { return int64_t(row.finish); }},
      {Column::kUuid, [](const Row& row) { return int64_t(row.uuid); }},
      {Column::kTrackingId, [](const Row& row) { return int64_t(row.tracking); }},
      {Column::kL3TrackingId, [](const Row& row) { return int64_t(row.l3_tracking); }},
      {Column::kParentUuid, [](const Row& row) { return int64_t(row.parent); }},
      {Column::kOddUuid, [](const Row& row) { return int64_t(row.odd_uuid); }},
      {Column::kLayersPath, [](const Row& row) { return int64_t(row.path); }},
      {Column::kApplication, [](const Row& row) { return int64_t(row.application); }},
      {Column::kNodeTid, [](const Row& row) { return int64_t(row.node_tid); }},
      {Column::kCaptureId, [](const Row& row) { return int64_t(row.capture_id); }},
      {Column::kLinkA, [](const Row& row) { return int64_t(row.link_a); }},
      {Column::kLinkB, [](const Row& row) { return int64_t(row.link_b); }},
      {Column::kNetworkA, [](const Row& row) { return int64_t(row.network_a); }},
      {Column::kNetworkB, [](const Row& row) { return int64_t(row.network_b); }},
  };
  SegmentHead head{};
  head.rows = count_;
  head.records = records_.size();
  head.packets = packets_.size();
  head.replaced = replaced_.size();
  head.arrived_first_ms = arrived_first_ms_;
  head.arrived_last_ms = arrived_last_ms_;
  SegmentWriter writer(head);

  // A few rows at a time, so that each is fetched once for all columns.
  constexpr uint32_t kBlock = 256;
  std::vector<std::vector<int64_t>> columns(std::size(kRowColumns), std::vector<int64_t>(count_));
  for (uint32_t from = 0; from < count_; from += kBlock) {
    const uint32_t to = std::min(count_, from + kBlock);
    for (size_t i = 0; i < std::size(kRowColumns); ++i) {
      for (uint32_t row = from; row < to; ++row) columns[i][row] = kRowColumns[i].value(rows_[row]);
    }
  }
  for (size_t i = 0; i < std::size(kRowColumns); ++i) {
    const Column column = kRowColumns[i].column;
    if (column == Column::kMetricStart) {
      writer.Times(column, columns[i], columns[0]);
    } else if (column == Column::kMetricLast) {
      writer.Times(column, columns[i], columns[1]);
    } else {
      writer.Numbers(column, columns[i]);
    }
  }

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
  // How many of the items belong to each row and those before.
  const auto ends = [&](Column column, const auto& items) {
    values.assign(count_, 0);
    for (const auto& item : items) ++values[item.row];
    std::partial_sum(values.begin(), values.end(), values.begin());
    writer.Numbers(column, values);
  };
  ends(Column::kRecordEnd, records_);
  ends(Column::kPacketEnd, packets_);

  std::string extra;
  values.assign(count_, 0);
  for (uint32_t row = 0; row < count_; ++row) {
    if (rows_[row].extra != 0) extra += extras_[rows_[row].extra - 1];
    values[row] = int64_t(extra.size());
  }
  writer.Numbers(Column::kExtraEnd, values);
  writer.Bytes(Column::kExtraBytes, extra);

  std::vector<std::pair<uint64_t, uint32_t>> order(count_);
  for (uint32_t row = 0; row < count_; ++row) order[row] = {rows_[row].uuid, row};
  std::sort(order.begin(), order.end());
  numbers(Column::kByUuid, order, [](const auto& pair) { return pair.second; });

  // A counting sort: the items of each row, in the order they came.
  const auto by_row = [this](const auto& items) {
    std::vector<uint32_t> next(size_t{count_} + 1, 0), places(items.size());
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
