// SPDX-License-Identifier: Apache-2.0
#include "capture/sflow_capture.h"

#include <utility>

namespace skydive::capture {
namespace {

constexpr int kLinkEthernet = 1;

}  // namespace

SflowCapture::SflowCapture(const SflowCaptureOptions& options, const layers::UdpPorts& ports, Notify notify)
    : DatagramCapture(options.listen, options.table, ports, std::move(notify)) {
  if (!options.filter.empty()) filter_.emplace(options.filter, kLinkEthernet, options.header_size);
  Start();
}

bool SflowCapture::Take(const Datagram& datagram, std::string& why) {
  const SflowSink sink{
      [this](const SflowHead& head) { TakeHead(head); },
      [this, &datagram](const SflowPacket& sampled) { TakePacket(sampled, datagram.time_ns); },
      [this](const SflowCounters& counters) {
        counters_.push_back(counters);
        if (counters_.size() <= kMaxCounters) return;
        counters_.pop_front();
        ++counted_.counters_dropped;
      },
  };
  return ReadSflow(datagram.bytes, sink, why);
}

void SflowCapture::TakeHead(const SflowHead& head) {
  auto known = sequences_.find(head);
  if (known == sequences_.end()) {
    if (sequences_.size() >= kMaxSequences) return;
    known = sequences_.try_emplace(head).first;
  }
  counted_.lost += known->second.Lost(head.sequence, 1);
}

void SflowCapture::TakePacket(const SflowPacket& sampled, int64_t time_ns) {
  ++counted_.records;
  counted_.sampling = sampled.sampling_rate;
  if (filter_ && !filter_->Matches({sampled.data.data(), sampled.data.size()})) {
    ++counted_.skipped;
    return;
  }
  packets_.push_back({sampled.data, time_ns, sampled.length, sampled.length, sampled.first});
}

void SflowCapture::Finish() {
  table_.Process(packets_);
  packets_.clear();
}

void SflowCapture::AddListenerStats(CaptureStats::Listener& stats) {
  stats.records = counted_.records;
  stats.skipped = counted_.skipped;
  stats.lost = counted_.lost;
  stats.counters_dropped = counted_.counters_dropped;
  stats.sampling = counted_.sampling;
}

std::vector<SflowCounters> SflowCapture::TakeCounters(size_t limit) {
  std::vector<SflowCounters> taken;
  const std::lock_guard lock(mutex_);
  for (; taken.size() < limit && !counters_.empty(); counters_.pop_front()) {
    taken.push_back(std::move(counters_.front()));
  }
  return taken;
}

}  // namespace skydive::capture
