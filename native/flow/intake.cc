// SPDX-License-Identifier: Apache-2.0
#include "flow/intake.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "flow/flow_json.h"
#include "flow/protobuf_reader.h"

namespace skydive::flow {
namespace {

constexpr uint32_t kFlows = 1;
constexpr uint32_t kStats = 2;
constexpr size_t kHead = 2 * sizeof(uint32_t);

void AppendU32(std::string& out, uint32_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

uint32_t U32At(std::string_view bytes, size_t at) {
  uint32_t value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

Intake::Intake(const IntakeOptions& options, FlowKeeper* keeper, std::function<void()> notify)
    : options_(options), keeper_(keeper), notify_(std::move(notify)), thread_([this] { Run(); }) {}

Intake::~Intake() { Stop(); }

Intake::Head Intake::HeadOf(std::string_view message) {
  Head head;
  bool stats_sound = true;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.IsBytes(kFlows)) ++head.flows;
    if (reader.IsBytes(kStats)) {
      head.has_stats = true;
      stats_sound = ReadStats(reader.bytes(), head.stats) && stats_sound;
    }
  }
  // Nobody sends a message of nothing: that is what a datagram that was cut looks like.
  head.sound = !message.empty() && message.size() <= kMaxMessageBytes && reader.ok() && stats_sound;
  return head;
}

void Intake::Put(std::span<const std::string_view> messages) {
  constexpr size_t kStep = 128;
  for (; !messages.empty(); messages = messages.subspan(std::min(kStep, messages.size()))) {
    const auto step = messages.first(std::min(kStep, messages.size()));
    Head heads[kStep];
    bool has_stats = false;
    for (size_t i = 0; i < step.size(); ++i) {
      heads[i] = HeadOf(step[i]);
      has_stats |= heads[i].sound && heads[i].has_stats;
    }
    {
      const std::lock_guard lock(mutex_);
      for (size_t i = 0; i < step.size(); ++i) {
        ++counters_.messages;
        if (!heads[i].sound) {
          ++counters_.malformed;
          continue;
        }
        if (heads[i].has_stats) ++counters_.stats;
        Queue(step[i], heads[i].flows);
      }
    }
    if (!has_stats) continue;
    std::unique_lock lock(output_mutex_);
    for (size_t i = 0; i < step.size(); ++i) {
      if (!heads[i].sound || !heads[i].has_stats) continue;
      if (output_.stats.size() < kMaxOutputStats) {
        AppendJson(heads[i].stats, output_.stats.emplace_back());
      } else {
        ++unsent_;
      }
    }
    Tell(lock);
  }
}

void Intake::Queue(std::string_view message, size_t flows) {
  if (flows == 0) return;
  // What is being worked on waits, too.
  const size_t before = waiting_flows_ + handling_flows_;
  size_t taken = std::min(flows, options_.max_flows - std::min(options_.max_flows, before));
  if (stopping_ || waiting_.size() + message.size() > kMaxWaitingBytes) taken = 0;
  counters_.flows += taken;
  counters_.dropped += flows - taken;
  if (taken == 0) return;
  const bool first = waiting_flows_ == 0;
  const bool short_of = waiting_flows_ < options_.bulk_flows;
  if (first) since_ = Clock::now();
  AppendU32(waiting_, uint32_t(message.size()));
  AppendU32(waiting_, uint32_t(taken));
  waiting_ += message;
  waiting_flows_ += taken;
  if (first || (short_of && waiting_flows_ >= options_.bulk_flows)) filled_.notify_one();
}

void Intake::Run() {
  std::string entries;
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return waiting_flows_ > 0 || stopping_; });
    const auto due = since_ + std::chrono::milliseconds(options_.bulk_delay_ms);
    filled_.wait_until(
        lock, due, [this] { return waiting_flows_ >= options_.bulk_flows || stopping_ || draining_ > 0; });
    if (waiting_flows_ == 0) {
      if (stopping_) return;
      continue;
    }
    entries.clear();
    entries.swap(waiting_);
    handling_flows_ = std::exchange(waiting_flows_, 0);
    lock.unlock();
    Handle(entries);
    lock.lock();
    counters_.handled += std::exchange(handling_flows_, 0);
    counters_.malformed = counters_.malformed + std::exchange(malformed_, 0);
    drained_.notify_all();
  }
}

void Intake::Handle(std::string_view entries) {
  for (size_t at = 0; at < entries.size();) {
    const size_t size = U32At(entries, at);
    const uint32_t flows = U32At(entries, at + sizeof(uint32_t));
    HandleMessage(entries.substr(at + kHead, size), flows);
    at += kHead + size;
  }
  Flush();
}

void Intake::HandleMessage(std::string_view message, size_t flows) {
  // A message counts as one or not at all: one that begins in a bulk and ends in another is read beforehand.
  const size_t before = count_;
  if (before + flows > options_.bulk_flows) {
    FlowView scratch;
    ProtobufReader reader(message);
    while (reader.Next()) {
      if (!reader.IsBytes(kFlows) || ReadFlow(reader.bytes(), scratch)) continue;
      ++malformed_;
      return;
    }
  }
  ProtobufReader reader(message);
  for (size_t left = flows; left > 0 && reader.Next();) {
    if (!reader.IsBytes(kFlows)) continue;
    if (flows_.size() <= count_) {
      flows_.emplace_back();
      bytes_.emplace_back();
    }
    if (!ReadFlow(reader.bytes(), flows_[count_])) {
      ++malformed_;
      count_ = before;
      return;
    }
    bytes_[count_++] = reader.bytes();
    --left;
    if (count_ >= options_.bulk_flows) Flush();
  }
}

void Intake::Flush() {
  if (count_ == 0) return;
  if (keeper_ != nullptr) {
    keeper_->Keep(std::span(flows_.data(), count_), std::span(bytes_.data(), count_));
  }
  if (wanted_) Offer();
  count_ = 0;
}

void Intake::Offer() {
  std::string text = "[";
  for (size_t i = 0; i < count_; ++i) {
    if (i > 0) text += ',';
    AppendJson(flows_[i], text);
  }
  text += ']';
  std::unique_lock lock(output_mutex_);
  if (output_flows_ + count_ > kMaxOutputFlows) {
    unsent_ += count_;
    return;
  }
  output_flows_ += count_;
  output_.bulks.push_back(std::move(text));
  Tell(lock);
}

void Intake::Tell(std::unique_lock<std::mutex>& lock) {
  if (std::exchange(told_, true)) return;
  lock.unlock();
  if (notify_) notify_();
}

IntakeOutput Intake::Take() {
  const std::lock_guard lock(output_mutex_);
  told_ = false;
  output_flows_ = 0;
  return std::exchange(output_, {});
}

IntakeCounters Intake::counters() const {
  IntakeCounters counters;
  {
    const std::lock_guard lock(mutex_);
    counters = counters_;
    counters.waiting = waiting_flows_ + handling_flows_;
  }
  const std::lock_guard lock(output_mutex_);
  counters.unsent = unsent_;
  return counters;
}

void Intake::Drain() {
  std::unique_lock lock(mutex_);
  const uint64_t upto = counters_.flows;
  ++draining_;
  filled_.notify_one();
  drained_.wait(lock, [&] { return counters_.handled >= upto || stopping_; });
  --draining_;
}

void Intake::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    filled_.notify_one();
    drained_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace skydive::flow
