// SPDX-License-Identifier: Apache-2.0
#include "flow/defragmenter.h"

#include <algorithm>
#include <cstring>

namespace skydive::flow {
namespace {

using layers::Cursor;
using layers::Layer;
using layers::LayerType;

constexpr uint16_t kDontFragment = 0x4000;
constexpr uint16_t kMoreFragments = 0x2000;
constexpr uint16_t kOffset = 0x1fff;
constexpr uint16_t kMinPayload = 8;
constexpr uint16_t kMaxOffset = 8183;

uint16_t FlagsOf(const Layer& ipv4) { return ipv4.readable ? Cursor(ipv4.data, 8).U16(6) : 0; }

bool IsFragment(uint16_t flags) {
  return (flags & kDontFragment) == 0 && (flags & (kMoreFragments | kOffset)) != 0;
}

bool Acceptable(const Layer& ipv4) {
  const uint16_t header = (ipv4.data[0] & 0xf) * 4;
  const uint16_t payload = uint16_t(ipv4.length - header);
  // A datagram over 65535 bytes wraps around in the reference, and passes.
  return payload >= kMinPayload && (FlagsOf(ipv4) & kOffset) <= kMaxOffset;
}

}  // namespace

Defragmenter::Result Defragmenter::Add(const layers::Stack& stack, int64_t time_ns) {
  const auto end = stack.layers.begin() + stack.count;
  const auto found = std::find_if(stack.layers.begin(), end,
                                  [](const Layer& layer) { return layer.type == LayerType::kIpv4; });
  Result result;
  if (found == end) return result;
  const Layer& ipv4 = *found;
  result.has_metric = true;
  if (!ipv4.readable) return result;
  Id id{0, Cursor(ipv4.data, 6).U16(4)};
  std::memcpy(&id.addresses, ipv4.data + 12, 8);
  if (!IsFragment(FlagsOf(ipv4))) {
    if (metrics_.empty()) return result;
    const auto counted = metrics_.find(id);
    if (counted == metrics_.end()) return result;
    result.metric = counted->second;
    metrics_.erase(counted);
    return result;
  }
  result.outcome = Outcome::kWaiting;
  const bool room = metrics_.size() < kMaxDatagrams && bytes_ < kMaxBytes;
  if (!room && !metrics_.contains(id)) {
    ++dropped_;
    return result;
  }
  IpMetric& metric = metrics_[id];
  if (!Acceptable(ipv4)) {
    ++metric.errors;
    return result;
  }
  Datagram& datagram = datagrams_[id];
  const size_t before = datagram.bytes;
  const Insertion insertion = Insert(datagram, ipv4, time_ns);
  bytes_ += datagram.bytes - before;
  if (insertion == Insertion::kComplete && Build(datagram)) {
    result.outcome = Outcome::kRebuilt;
    result.metric = metric;
    result.protocol = ipv4.data[9];
    result.payload = Cursor(rebuilt_.data(), rebuilt_.size());
    Drop(id);
    metrics_.erase(id);
    return result;
  }
  if (datagram.parts.size() + 1 > kMaxParts) {
    ++metric.errors;
    Drop(id);
  } else if (insertion == Insertion::kComplete) {
    ++metric.errors;
  } else {
    ++metric.fragments;
  }
  return result;
}

Defragmenter::Insertion Defragmenter::Insert(Datagram& datagram, const Layer& ipv4, int64_t time_ns) {
  const uint16_t flags = FlagsOf(ipv4);
  const uint16_t offset = flags & kOffset;
  const uint16_t byte_offset = uint16_t(offset * 8);
  auto before = datagram.parts.end();
  bool keep = true;
  if (byte_offset < datagram.highest) {
    before = std::find_if(datagram.parts.begin(), datagram.parts.end(),
                          [offset](const Part& part) { return part.offset >= offset; });
    if (before != datagram.parts.end() && before->offset == offset) return Insertion::kWaiting;
    // Inside what is known but behind every part: counted, not kept.
    keep = before != datagram.parts.end();
  }
  if (keep) {
    const Cursor payload = ipv4.Payload();
    datagram.parts.insert(before,
                          Part{offset, uint16_t(ipv4.length),
                               std::vector<uint8_t>(payload.data(), payload.data() + payload.size())});
    datagram.bytes += payload.size() + sizeof(Part);
  }
  datagram.last_ns = time_ns;
  const uint16_t length = uint16_t(ipv4.length - 20);
  const uint16_t end = uint16_t(byte_offset + length);
  datagram.highest = std::max(datagram.highest, end);
  datagram.current = uint16_t(datagram.current + length);
  if ((flags & kMoreFragments) == 0) datagram.final_received = true;
  return datagram.final_received && datagram.highest == datagram.current ? Insertion::kComplete
                                                                         : Insertion::kWaiting;
}

bool Defragmenter::Build(const Datagram& datagram) {
  rebuilt_.clear();
  uint16_t current = 0;
  for (const Part& part : datagram.parts) {
    const uint16_t at = uint16_t(part.offset * 8);
    if (at > current) return false;
    const uint16_t skip = uint16_t(current - at);
    if (skip > uint16_t(part.length - 20)) return false;
    const size_t from = std::min<size_t>(skip, part.payload.size());
    rebuilt_.insert(rebuilt_.end(), part.payload.begin() + from, part.payload.end());
    // The overlapping branch of the reference adds the offset instead of the length.
    current = skip == 0 ? uint16_t(current + part.length - 20) : uint16_t(current + at);
  }
  return true;
}

void Defragmenter::Drop(const Id& id) {
  const auto found = datagrams_.find(id);
  bytes_ -= found->second.bytes;
  datagrams_.erase(found);
}

void Defragmenter::Flush(int64_t older_than_ns) {
  metrics_.clear();
  for (auto at = datagrams_.begin(); at != datagrams_.end();) {
    if (at->second.last_ns < older_than_ns) {
      bytes_ -= at->second.bytes;
      at = datagrams_.erase(at);
    } else {
      ++at;
    }
  }
}

}  // namespace skydive::flow
