// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap_stream.h"

#include <algorithm>
#include <exception>

#include "layers/decode.h"

namespace skydive::capture {
namespace {

constexpr uint32_t kLinkRaw = 101;
constexpr int kDltRaw = 12;
// Longer waits need no exact end.
constexpr int64_t kLongestGapNs = int64_t{1} << 60;

// libpcap's own number of a link type.
int DltOf(uint32_t link_type) { return link_type == kLinkRaw ? kDltRaw : int(link_type); }

int64_t Gap(int64_t before_ns, int64_t after_ns) {
  int64_t gap;
  if (__builtin_sub_overflow(after_ns, before_ns, &gap)) return after_ns > before_ns ? kLongestGapNs : 0;
  return std::clamp<int64_t>(gap, 0, kLongestGapNs);
}

}  // namespace

bool PcapStream::Feed(std::span<const uint8_t> bytes) {
  if (!error_.empty()) return false;
  bytes_.clear();
  queue_.clear();
  next_ = 0;
  reader_.Feed(bytes, [this](std::span<const Record> records) { Queue(records); });
  if (error_.empty()) error_ = reader_.error();
  due_ns_ = 0;
  return error_.empty();
}

bool PcapStream::Finish() {
  if (error_.empty() && !reader_.Finish()) error_ = reader_.error();
  return error_.empty();
}

void PcapStream::Queue(std::span<const Record> records) {
  for (const Record& record : records) {
    if (!error_.empty() || !Passes(record)) continue;
    queue_.push_back({bytes_.size(), record.captured, record.wire, record.link_type, record.time_ns});
    bytes_.insert(bytes_.end(), record.data, record.data + record.captured);
  }
}

bool PcapStream::Passes(const Record& record) {
  if (filter_.empty()) return true;
  std::unique_ptr<PacketFilter>& filter = filters_[record.link_type];
  if (!filter) {
    try {
      filter = std::make_unique<PacketFilter>(filter_, DltOf(record.link_type), kFilterSnapLength);
    } catch (const std::exception& failure) {
      error_ = "the filter does not suit link type " + std::to_string(record.link_type) + ": " + failure.what();
      return false;
    }
  }
  return filter->Matches({record.data, record.captured}, record.wire);
}

void PcapStream::TakeDue(int64_t now_ns, int64_t offset_ns, size_t limit, std::vector<flow::Packet>& packets) {
  for (; waiting() && limit > 0; ++next_, --limit) {
    const Queued& packet = queue_[next_];
    due_ns_ = started_ ? last_due_ns_ + Gap(last_time_ns_, packet.time_ns) : now_ns;
    if (due_ns_ > now_ns) return;
    if (now_ns - due_ns_ > kSlackNs) due_ns_ = now_ns;
    started_ = true;
    last_due_ns_ = due_ns_;
    last_time_ns_ = packet.time_ns;
    packets.push_back({layers::Cursor(bytes_.data() + packet.at, packet.captured), due_ns_ + offset_ns, packet.wire, 0,
                       layers::FirstOfLinkType(packet.link_type)});
  }
}

}  // namespace skydive::capture
