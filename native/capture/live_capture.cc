// SPDX-License-Identifier: Apache-2.0
#include "capture/live_capture.h"

#include <algorithm>
#include <chrono>

#include "capture/capture_pool.h"
#include "flow/encode.h"

namespace skydive::capture {
namespace {

constexpr int64_t kMaintenanceMs = 30000;

flow::Options FlowOptionsOf(TableOptions& options) {
  options.flow.all_news = options.target.has_value();
  return std::move(options.flow);
}

}  // namespace

LiveCapture::LiveCapture(TableOptions options, const layers::UdpPorts& ports, Notify notify)
    : table_(FlowOptionsOf(options), ports),
      update_ms_(options.update_ms),
      expire_ms_(options.expire_ms),
      flows_per_message_(options.flows_per_message),
      target_(options.target ? MakeTarget(*options.target) : nullptr),
      notify_(std::move(notify)) {}

void LiveCapture::Start() {
  CapturePool::Instance().Add(*this);
  started_ = true;
}

void LiveCapture::Process(std::span<const flow::Packet> packets) {
  if (target_ && target_->takes_packets()) {
    target_->Packets(packets);
    return;
  }
  const std::lock_guard lock(mutex_);
  table_.Process(packets);
}

int64_t LiveCapture::Tick(int64_t now_ms) {
  const int64_t next_poll_ms = Poll(now_ms);
  const std::lock_guard lock(mutex_);
  if (next_update_ms_ == 0) {
    next_update_ms_ = now_ms + update_ms_;
    next_expire_ms_ = now_ms + expire_ms_;
    next_maintenance_ms_ = now_ms + kMaintenanceMs;
  }
  if (now_ms >= next_update_ms_) {
    table_.Update(now_ms, *this);
    next_update_ms_ = now_ms + update_ms_;
  }
  if (now_ms >= next_expire_ms_) {
    table_.Expire(now_ms, *this);
    next_expire_ms_ = now_ms + expire_ms_;
  }
  if (now_ms >= next_maintenance_ms_) {
    table_.Maintain((now_ms - kMaintenanceMs) * 1000000);
    next_maintenance_ms_ = now_ms + kMaintenanceMs;
  }
  return std::min({next_poll_ms, next_update_ms_, next_expire_ms_, next_maintenance_ms_});
}

void LiveCapture::Flows(const flow::Table& table, std::span<const uint32_t> places) {
  if (target_) {
    target_->Flows(table, places);
    return;
  }
  const size_t step = std::max<size_t>(1, flows_per_message_);
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

void LiveCapture::Tell() {
  {
    const std::lock_guard lock(outbox_mutex_);
    if (told_ || outbox_.empty()) return;
    told_ = true;
  }
  if (notify_) notify_();
}

std::vector<std::string> LiveCapture::Take(size_t limit) {
  std::vector<std::string> messages;
  const std::lock_guard lock(outbox_mutex_);
  for (; messages.size() < limit && !outbox_.empty(); outbox_.pop_front()) {
    outbox_bytes_ -= outbox_.front().size();
    messages.push_back(std::move(outbox_.front()));
  }
  if (outbox_.empty()) told_ = false;
  return messages;
}

CaptureStats LiveCapture::Stats() {
  CaptureStats stats;
  {
    const std::lock_guard lock(mutex_);
    AddStats(stats);
    stats.table = table_.stats();
    if (target_) stats.target = target_->Stats();
    stats.error = error_;
  }
  const std::lock_guard lock(outbox_mutex_);
  stats.messages_dropped = messages_dropped_;
  return stats;
}

void LiveCapture::Stop() {
  if (!started_.exchange(false)) return;
  CapturePool::Instance().Remove(*this);
  Drain();
  Poll(kNever);
  {
    const std::lock_guard lock(mutex_);
    Release();
    table_.Stop(*this);
  }
  if (target_) target_->Finish();
}

}  // namespace skydive::capture
