// SPDX-License-Identifier: Apache-2.0
#include "flow/export/netflow5.h"

#include <algorithm>

#include "flow/export/big_endian.h"

namespace skydive::flow {
namespace {

constexpr uint64_t kMaxCounter = 0xffffffff;

}  // namespace

void Netflow5::Export(const Table& table, std::span<const uint32_t> places, int64_t now_ms, const Send& send) {
  now_ms_ = now_ms;
  for (const uint32_t place : places) {
    const Cold& flow = table.cold(place);
    if (!IsExportable(flow) || flow.ip_a.size != 4) {
      ++skipped_;
      continue;
    }
    const OneWays ways = OneWaysOf(table, place);
    for (const OneWay& way : ways.all()) {
      // Counters have 32 bits: more becomes several records.
      uint64_t parts = std::max(way.packets, way.bytes) / (kMaxCounter + 1) + 1;
      uint64_t packets = way.packets;
      uint64_t bytes = way.bytes;
      for (; parts > 0; --parts) {
        const uint64_t some_packets = packets / parts;
        const uint64_t some_bytes = bytes / parts;
        Add(way, some_packets, some_bytes);
        packets -= some_packets;
        bytes -= some_bytes;
        if (count_ == kMaxRecords) Flush(send);
      }
    }
  }
  Flush(send);
}

void Netflow5::Add(const OneWay& way, uint64_t packets, uint64_t bytes) {
  if (datagram_.empty()) datagram_.resize(kHeaderBytes);
  const auto uptime = [this](int64_t time_ms) {
    return uint32_t(std::clamp(time_ms, start_ms_, std::max(now_ms_, start_ms_)) - start_ms_);
  };
  datagram_.append(reinterpret_cast<const char*>(way.source->bytes), 4);
  datagram_.append(reinterpret_cast<const char*>(way.destination->bytes), 4);
  Put(datagram_, 0, 8);  // next hop, interfaces
  Put(datagram_, packets, 4);
  Put(datagram_, bytes, 4);
  Put(datagram_, uptime(way.first_ms), 4);
  Put(datagram_, uptime(way.last_ms), 4);
  Put(datagram_, way.source_port, 2);
  Put(datagram_, way.destination_port, 2);
  Put(datagram_, 0, 2);  // padding, TCP flags
  Put(datagram_, way.protocol, 1);
  Put(datagram_, 0, 1);  // type of service
  Put(datagram_, 0, 8);  // autonomous systems, masks, padding
  ++count_;
}

void Netflow5::Flush(const Send& send) {
  if (count_ == 0) return;
  PutAt(datagram_, 0, 5, 2);
  PutAt(datagram_, 2, count_, 2);
  PutAt(datagram_, 4, uint64_t(std::max<int64_t>(0, now_ms_ - start_ms_)), 4);
  PutAt(datagram_, 8, uint64_t(now_ms_ / 1000), 4);
  PutAt(datagram_, 12, uint64_t(now_ms_ % 1000 * 1000000), 4);
  // Of the records sent before: with those of this datagram readers would take every change of the count for a loss.
  PutAt(datagram_, 16, sequence_, 4);
  PutAt(datagram_, 20, 0, 1);  // engine type
  PutAt(datagram_, 21, 1, 1);  // engine id
  PutAt(datagram_, 22, 0, 2);  // sampling
  sequence_ += count_;
  count_ = 0;
  send(std::move(datagram_));
  datagram_.clear();
}

}  // namespace skydive::flow
