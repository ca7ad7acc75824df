// SPDX-License-Identifier: Apache-2.0
#include "flow/store/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "flow/store/segment_writer.h"
#include "flow/text.h"

namespace skydive::flow::store {
namespace {

// The column beside one whose times are told from it.
Column Beside(Column column) {
  switch (column) {
    case Column::kMetricStart:
      return Column::kStart;
    case Column::kMetricLast:
      return Column::kLast;
    default:
      return Column::kRecordStart;
  }
}

bool MayBeRelative(Column column) {
  return column == Column::kMetricStart || column == Column::kMetricLast || column == Column::kRecordLast;
}

enum class Domain { kRows, kRecords, kPackets, kReplaced, kOther };

Domain DomainOf(uint32_t column) {
  if (column <= uint32_t(Column::kByUuid)) return Domain::kRows;
  if (column <= uint32_t(Column::kRecordRtt)) return Domain::kRecords;
  if (column <= uint32_t(Column::kPacketDataEnd)) return Domain::kPackets;
  if (column <= uint32_t(Column::kReplacedRow)) return Domain::kReplaced;
  return Domain::kOther;
}

bool IsWritten(uint32_t column) {
  const auto within = [column](Column first, Column last) {
    return column >= uint32_t(first) && column <= uint32_t(last);
  };
  return within(Column::kFlags, Column::kByUuid) || within(Column::kRecordAbPackets, Column::kRecordRtt) ||
         within(Column::kPacketTime, Column::kPacketDataEnd) ||
         within(Column::kReplacedSegment, Column::kReplacedRow) ||
         within(Column::kPathEnds, Column::kOddEnds) || within(Column::kPathBytes, Column::kPacketBytes);
}

template <typename T>
void Unpack(const uint8_t* from, uint32_t count, uint64_t base, int64_t* out) {
  for (uint32_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof value);
    out[i] = int64_t(base + value);
  }
}

[[noreturn]] void Refuse(const char* why) { throw std::runtime_error(why); }

}  // namespace

std::shared_ptr<const Segment> Segment::FromBytes(std::string bytes) {
  std::shared_ptr<Segment> segment(new Segment);
  segment->bytes_ = std::move(bytes);
  segment->data_ = reinterpret_cast<const uint8_t*>(segment->bytes_.data());
  segment->size_ = segment->bytes_.size();
  segment->Open();
  return segment;
}

std::shared_ptr<const Segment> Segment::Map(const std::string& path, bool sound) {
  std::shared_ptr<Segment> segment(new Segment);
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw std::system_error(errno, std::generic_category(), path);
  struct stat facts;
  const bool known = fstat(file, &facts) == 0 && facts.st_size >= off_t(sizeof(SegmentHead));
  void* map = known ? mmap(nullptr, size_t(facts.st_size), PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
  const int reason = errno;
  close(file);
  if (!known) Refuse("it is too short");
  if (map == MAP_FAILED) throw std::system_error(reason, std::generic_category(), path);
  segment->data_ = static_cast<const uint8_t*>(map);
  segment->size_ = size_t(facts.st_size);
  segment->mapped_ = true;
  segment->trusted_ = sound;
  segment->Open();
  return segment;
}

Segment::~Segment() {
  if (mapped_) munmap(const_cast<uint8_t*>(data_), size_);
}

void Segment::Open() {
  if (size_ < sizeof(SegmentHead)) Refuse("it is too short");
  if (std::memcmp(head().magic, kSegmentMagic, sizeof kSegmentMagic) != 0) Refuse("it is no segment");
  if (head().format != kSegmentFormat) Refuse("its format is another version's");
  const size_t before = sizeof(SegmentHead) + size_t{head().sections} * sizeof(SectionHead);
  if (head().sections > size_t(Column::kEnd) || before > size_ || head().size != size_) {
    Refuse("it is cut short");
  }
  std::string top(reinterpret_cast<const char*>(data_), before);
  std::memset(top.data() + offsetof(SegmentHead, checksum), 0, sizeof(uint64_t));
  if (Checksum(top) != head().checksum) Refuse("its checksum is wrong");
  const uint64_t counts[] = {head().rows, head().records, head().packets, head().replaced};
  const auto* table = reinterpret_cast<const SectionHead*>(data_ + sizeof(SegmentHead));
  for (uint32_t i = 0; i < head().sections; ++i) {
    const SectionHead& section = table[i];
    if (!IsWritten(section.column)) continue;
    const bool width = section.width <= 2 || section.width == 4 || section.width == 8;
    const Domain domain = DomainOf(section.column);
    if (!width || section.count > UINT32_MAX || section.offset > size_ ||
        section.count * section.width > size_ - section.offset ||
        (domain != Domain::kOther && section.count != counts[size_t(domain)]) ||
        (section.relative != 0 && !MayBeRelative(Column(section.column)))) {
      Refuse("a section is wrong");
    }
    sections_[section.column] = &section;
  }
  for (uint32_t column = 0; column < uint32_t(Column::kEnd); ++column) {
    if (IsWritten(column) && sections_[column] == nullptr) Refuse("a section is missing");
  }
}

bool Segment::Sound() const {
  std::call_once(checked_, [this] {
    // What was just made needs no second look.
    sound_ = true;
    if (trusted_) return;
    for (const SectionHead* section : sections_) {
      if (section != nullptr && Checksum(Bytes(*section)) != section->checksum) sound_ = false;
    }
  });
  return sound_;
}

uint64_t Segment::Raw(const SectionHead& section, uint32_t at) const {
  const uint8_t* from = data_ + section.offset + size_t{at} * section.width;
  switch (section.width) {
    case 0:
      return 0;
    case 1:
      return *from;
    case 2: {
      uint16_t value;
      std::memcpy(&value, from, sizeof value);
      return value;
    }
    case 4: {
      uint32_t value;
      std::memcpy(&value, from, sizeof value);
      return value;
    }
    default: {
      uint64_t value;
      std::memcpy(&value, from, sizeof value);
      return value;
    }
  }
}

int64_t Segment::Number(Column column, uint32_t at) const {
  const SectionHead& head = section(column);
  const auto number = int64_t(uint64_t(head.base) + Raw(head, at));
  return head.relative == 0 ? number : TimeTold(number, Number(Beside(column), at));
}

void Segment::Numbers(Column column, uint32_t from, uint32_t count, int64_t* out) const {
  const SectionHead& head = section(column);
  const uint8_t* bytes = data_ + head.offset + size_t{from} * head.width;
  switch (head.width) {
    case 0:
      std::fill_n(out, count, head.base);
      break;
    case 1:
      Unpack<uint8_t>(bytes, count, uint64_t(head.base), out);
      break;
    case 2:
      Unpack<uint16_t>(bytes, count, uint64_t(head.base), out);
      break;
    case 4:
      Unpack<uint32_t>(bytes, count, uint64_t(head.base), out);
      break;
    default:
      Unpack<uint64_t>(bytes, count, uint64_t(head.base), out);
  }
  if (head.relative == 0) return;
  for (uint32_t i = 0; i < count; ++i) out[i] = TimeTold(out[i], Number(Beside(column), from + i));
}

std::string_view Segment::Text(Dictionary dictionary, uint32_t place) const {
  const Column ends = EndsOf(dictionary);
  const auto begin = size_t(place == 0 ? 0 : Number(ends, place - 1));
  return Bytes(section(BytesOf(dictionary))).substr(begin, size_t(Number(ends, place)) - begin);
}

uint32_t Segment::Find(uint64_t uuid) const {
  const uint32_t count = rows();
  // By kUuid as an unsigned number: interpolation while it gets on, then halving.
  uint32_t low = 0, high = count;
  uint64_t least = 0, greatest = UINT64_MAX;
  for (int step = 0; low < high; ++step) {
    uint32_t middle = low + (high - low) / 2;
    if (step < 6 && greatest > least) {
      const unsigned __int128 part = (unsigned __int128)(uuid - least) * (high - low);
      middle = low + uint32_t(std::min<uint64_t>(uint64_t(part / (greatest - least)), high - low - 1));
    }
    const auto row = uint32_t(Number(Column::kByUuid, middle));
    const auto found = uint64_t(Number(Column::kUuid, row));
    if (found == uuid) return row;
    if (found < uuid) {
      low = middle + 1;
      least = found;
    } else {
      high = middle;
      greatest = found;
    }
  }
  return kNone;
}

Metric Segment::Record(uint32_t record) const {
  Metric metric;
  metric.counters = {Number(Column::kRecordAbPackets, record), Number(Column::kRecordAbBytes, record),
                     Number(Column::kRecordBaPackets, record), Number(Column::kRecordBaBytes, record)};
  metric.start_ms = Number(Column::kRecordStart, record);
  metric.last_ms = Number(Column::kRecordLast, record);
  metric.rtt_ns = Number(Column::kRecordRtt, record);
  return metric;
}

FlowView::RawPacket Segment::Packet(uint32_t packet) const {
  const auto begin = size_t(Begin(Column::kPacketDataEnd, packet));
  const auto end = size_t(Number(Column::kPacketDataEnd, packet));
  return {Number(Column::kPacketTime, packet), Number(Column::kPacketIndex, packet),
          Number(Column::kPacketLinkType, packet),
          Bytes(section(Column::kPacketBytes)).substr(begin, end - begin)};
}

std::string_view Segment::Extra(uint32_t row) const {
  const size_t begin = Begin(Column::kExtraEnd, row);
  return Bytes(section(Column::kExtraBytes)).substr(begin, size_t(Number(Column::kExtraEnd, row)) - begin);
}

std::string_view Segment::IdText(Column column, uint32_t row, uint32_t odd, std::string& scratch) const {
  const auto value = uint64_t(Number(column, row));
  if ((Number(Column::kFlags, row) & odd) != 0) return Text(Dictionary::kOdd, uint32_t(value));
  scratch.clear();
  AppendHex(scratch, value);
  return scratch;
}

std::string_view Segment::Uuid(uint32_t row, std::string& scratch) const {
  if ((Number(Column::kFlags, row) & kOddUuidFlag) != 0) {
    return Text(Dictionary::kOdd, uint32_t(Number(Column::kOddUuid, row)));
  }
  return IdText(Column::kUuid, row, 0, scratch);
}

void Segment::Row(uint32_t row, FlowView& flow, RowText& text) const {
  // The messages that are kept as they are come first, as reading them clears the rest.
  ReadFlow(Extra(row), flow);
  const auto number = [&](Column column) { return Number(column, row); };
  const auto word = [&](Dictionary dictionary, Column column) {
    return Text(dictionary, uint32_t(Number(column, row)));
  };
  const auto flags = uint32_t(number(Column::kFlags));
  flow.uuid = Uuid(row, text.uuid);
  flow.layers_path = word(Dictionary::kPath, Column::kLayersPath);
  flow.application = word(Dictionary::kApplication, Column::kApplication);
  flow.node_tid = word(Dictionary::kNodeTid, Column::kNodeTid);
  flow.capture_id = word(Dictionary::kCaptureId, Column::kCaptureId);
  flow.tracking_id = IdText(Column::kTrackingId, row, kOddTracking, text.tracking);
  flow.l3_tracking_id = IdText(Column::kL3TrackingId, row, kOddL3Tracking, text.l3_tracking);
  flow.parent_uuid = IdText(Column::kParentUuid, row, kOddParent, text.parent);
  flow.start_ms = number(Column::kStart);
  flow.last_ms = number(Column::kLast);
  flow.raw_packets_captured = number(Column::kRawPacketsCaptured);
  flow.finish = number(Column::kFinish);
  if ((flags & kHasLink) != 0) {
    flow.link = {true, number(Column::kLinkProtocol), word(Dictionary::kMac, Column::kLinkA),
                 word(Dictionary::kMac, Column::kLinkB), number(Column::kLinkId)};
  }
  if ((flags & kHasNetwork) != 0) {
    flow.network = {true, number(Column::kNetworkProtocol), word(Dictionary::kAddress, Column::kNetworkA),
                    word(Dictionary::kAddress, Column::kNetworkB), number(Column::kNetworkId)};
  }
  if ((flags & kHasTransport) != 0) {
    flow.transport = {true, number(Column::kTransportProtocol), number(Column::kTransportA),
                      number(Column::kTransportB), number(Column::kTransportId)};
  }
  if ((flags & kHasIcmp) != 0) {
    flow.icmp = {true, number(Column::kIcmpType), number(Column::kIcmpCode), number(Column::kIcmpId)};
  }
  if ((flags & kHasMetric) != 0) {
    flow.has_metric = true;
    flow.metric.counters = {number(Column::kMetricAbPackets), number(Column::kMetricAbBytes),
                            number(Column::kMetricBaPackets), number(Column::kMetricBaBytes)};
    flow.metric.start_ms = number(Column::kMetricStart);
    flow.metric.last_ms = number(Column::kMetricLast);
    flow.metric.rtt_ns = number(Column::kMetricRtt);
  }
  if ((flags & kHasLastUpdate) != 0) {
    flow.has_last_update = true;
    flow.last_update = Record(uint32_t(number(Column::kRecordEnd)) - 1);
  }
}

}  // namespace skydive::flow::store
