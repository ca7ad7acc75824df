// SPDX-License-Identifier: Apache-2.0
#include "capture/packet_capture.h"

#include <algorithm>
#include <chrono>

#include "capture/capture_pool.h"
#include "flow/encode.h"

namespace skydive::capture {
namespace {

constexpr int64_t kMaintenanceMs = 30000;

}  // namespace

PacketCapture::PacketCapture(CaptureOptions options, const layers::UdpPorts& ports, Notify notify)
    : options_(std::move(options)),
      notify_(std::move(notify)),
      ring_(options_.ring),
      table_(options_.flow, ports) {
  CapturePool::Instance().Add(*this);
}

PacketCapture::~PacketCapture() { Stop(); }

void PacketCapture::Drain() {
  const std::lock_guard lock(mutex_);
  // Bounded, so that one busy interface leaves the others their turn.
  for (int block = 0; block < 64; ++block) {
    const auto ready = ring_.Read();
    if (ready.empty()) break;
    packets_.clear();
    for (const kernel::RingPacket& packet : ready) {
      packets_.push_back(
          {layers::Cursor(packet.data, packet.captured), packet.time_ns, packet.wire, 0, options_.first});
    }
    table_.Process(packets_);
  }
  if (std::string why; error_.empty() && !ring_.Alive(why)) error_ = why;
}

int64_t PacketCapture::Tick(int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (next_update_ms_ == 0) {
    next_update_ms_ = now_ms + options_.update_ms;
    next_expire_ms_ = now_ms + options_.expire_ms;
    next_maintenance_ms_ = now_ms + kMaintenanceMs;
  }
  if (now_ms >= next_update_ms_) {
    table_.Update(now_ms, *this);
    next_update_ms_ = now_ms + options_.update_ms;
  }
  if (now_ms >= next_expire_ms_) {
    table_.Expire(now_ms, *this);
    next_expire_ms_ = now_ms + options_.expire_ms;
  }
  if (now_ms >= next_maintenance_ms_) {
    table_.Maintain((now_ms - kMaintenanceMs) * 1000000);
    next_maintenance_ms_ = now_ms + kMaintenanceMs;
  }
  return std::min({next_update_ms_, next_expire_ms_, next_maintenance_ms_});
}

void PacketCapture::Flows(const flow::Table& table, std::span<const uint32_t> places) {
  const size_t step = std::max<size_t>(1, options_.flows_per_message);
  for (; !places.empty(); places = places.subspan(std::min(step, places.size()))) {
    std::string message;
    flow::EncodeMessage(table, places.first(std::min(step, places.size())), message);
    const std::lock_guard lock(outbox_mutex_);
    outbox_bytes_ += message.size();
    outbox_.push_back(std::move(message));
    while (outbox_bytes_ > kMaxOutboxBytes) {
      outbox_bytes_ -= outbox_.front().size();
      outbox_.pop_front();
      ++messages_dropped_;
    }
  }
  Tell();
}

void PacketCapture::Tell() {
  {
    const std::lock_guard lock(outbox_mutex_);
    if (told_ || outbox_.empty()) return;
    told_ = true;
  }
  if (notify_) notify_();
}

std::vector<std::string> PacketCapture::Take(size_t limit) {
  std::vector<std::string> messages;
  const std::lock_guard lock(outbox_mutex_);
  for (; messages.size() < limit && !outbox_.empty(); outbox_.pop_front()) {
    outbox_bytes_ -= outbox_.front().size();
    messages.push_back(std::move(outbox_.front()));
  }
  if (outbox_.empty()) told_ = false;
  return messages;
}

CaptureStats PacketCapture::Stats() {
  CaptureStats stats;
  {
    const std::lock_guard lock(mutex_);
    stats.ring = ring_.Statistics();
    stats.table = table_.stats();
    stats.error = error_;
  }
  const std::lock_guard lock(outbox_mutex_);
  stats.messages_dropped = messages_dropped_;
  return stats;
}

void PacketCapture::Stop() {
  if (stopped_) return;
  stopped_ = true;
  CapturePool::Instance().Remove(*this);
  Drain();
  const std::lock_guard lock(mutex_);
  table_.Stop(*this);
}

}  // namespace skydive::capture
