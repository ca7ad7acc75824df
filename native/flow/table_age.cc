// SPDX-License-Identifier: Apache-2.0
// How flows leave the table: updates, timeouts, expiry, eviction.
#include <algorithm>

#include "flow/table.h"

namespace skydive::flow {

uint32_t Table::TakePlace() {
  if (count_ >= std::max(options_.max_entries, 1u)) EvictOldest();
  if (free_.empty()) {
    const uint32_t place = places_++;
    hot_.Grow(places_);
    cold_.Grow(places_);
    expiry_.Grow(places_);
    timeouts_.Grow(places_);
    return place;
  }
  const uint32_t place = free_.back();
  free_.pop_back();
  return place;
}

// Exactly the least recently used flow goes, without a list that every packet would have to mend: the oldest
// sixteenth is looked for now and then, and a flow touched since is no candidate any more.
void Table::EvictOldest() {
  for (;;) {
    while (!oldest_.empty()) {
      const uint32_t place = oldest_.back();
      oldest_.pop_back();
      if (!Used(place) || hot_[place].touch > oldest_touch_) continue;
      Remove(place);
      ++evicted_;
      return;
    }
    for (uint32_t place = 0; place < places_; ++place) {
      if (Used(place)) oldest_.push_back(place);
    }
    const size_t keep = std::max<size_t>(1, oldest_.size() / 16);
    const auto older = [this](uint32_t a, uint32_t b) { return hot_[a].touch < hot_[b].touch; };
    std::nth_element(oldest_.begin(), oldest_.begin() + (keep - 1), oldest_.end(), older);
    oldest_.resize(keep);
    std::sort(oldest_.begin(), oldest_.end(), [&older](uint32_t a, uint32_t b) { return older(b, a); });
    oldest_touch_ = hot_[oldest_.front()].touch;
  }
}

void Table::Remove(uint32_t place) {
  Hot& hot = hot_[place];
  Cold& cold = cold_[place];
  index_.Remove(hot.hash, place);
  expiry_.Disarm(place);
  timeouts_.Disarm(place);
  names_.Release(cold.name);
  hot.flags = 0;
  hot.epoch = 0;
  const uint32_t generation = cold.generation + 1;
  cold = {};
  cold.generation = generation;
  free_.push_back(place);
  --count_;
}

void Table::ArmTimeout(uint32_t place) {
  const Cold& cold = cold_[place];
  int64_t after_ms = names_[cold.name].timeout_ms;
  if (cold.finish != FinishType::kNotFinished)
    after_ms = after_ms > 0 ? std::min(after_ms, kHoldMs) : kHoldMs;
  if (after_ms > 0) timeouts_.Arm(place, hot_[place].last_ms + after_ms);
}

// The change of the counters since the previous report becomes what the flow shows of its latest period.
void Table::Report(uint32_t place, int64_t start_ms, int64_t end_ms) {
  Cold& cold = cold_[place];
  periods_.Grow(place + 1);
  Period& period = periods_[place];
  if (cold.updates == 0) {
    period.reported = {};
    start_ms = cold.start_ms;
  }
  period.start_ms = start_ms;
  period.end_ms = end_ms;
  period.change = hot_[place].counters - period.reported;
  period.rtt_ns = cold.rtt_ns;
  cold.updates = updates_ + 1;
}

void Table::Update(int64_t now_ms, FlowSink& sink) {
  sent_.clear();
  removed_.clear();
  for (const uint32_t place : touched_) {
    Hot& hot = hot_[place];
    if (!Used(place) || hot.epoch != epoch_) continue;
    hot.epoch = 0;  // a second mention in the list finds nothing left to do
    Report(place, last_update_ms_, now_ms);
    periods_[place].reported = hot.counters;
    sent_.push_back(place);
  }
  touched_.clear();
  due_.clear();
  timeouts_.Advance(now_ms, due_);
  for (const uint32_t place : due_) {
    Cold& cold = cold_[place];
    const int64_t timeout_ms = names_[cold.name].timeout_ms;
    const int64_t silence_ms = now_ms - hot_[place].last_ms;
    const bool touched = cold.updates == updates_ + 1;
    if (!touched && timeout_ms > 0 && silence_ms > timeout_ms) {
      cold.finish = FinishType::kTimeout;
      sent_.push_back(place);
      removed_.push_back(place);
    } else if (cold.finish != FinishType::kNotFinished && silence_ms >= kHoldMs) {
      removed_.push_back(place);
    } else {
      ArmTimeout(place);
    }
  }
  Emit(sink);
  for (const uint32_t place : removed_) Remove(place);
  previous_update_ms_ = last_update_ms_;
  last_update_ms_ = now_ms;
  ++updates_;
  ++epoch_;
}

void Table::Emit(FlowSink& sink) {
  if (options_.ordered) {
    std::sort(sent_.begin(), sent_.end(),
              [this](uint32_t a, uint32_t b) { return hot_[a].touch < hot_[b].touch; });
  }
  if (sent_.empty()) return;
  sink.Flows(*this, sent_);
  if (options_.raw_packet_limit <= 0) return;
  for (const uint32_t place : sent_) {
    if (cold_[place].extension) cold_[place].extension->raw_packets.clear();
  }
}

void Table::ExpireBefore(int64_t threshold_ms, FlowSink& sink) {
  sent_.clear();
  removed_.clear();
  due_.clear();
  expiry_.Advance(threshold_ms, due_);
  for (const uint32_t place : due_) {
    if (hot_[place].last_ms >= threshold_ms) {
      expiry_.Arm(place, hot_[place].last_ms);
      continue;
    }
    End(place);
  }
  Emit(sink);
  for (const uint32_t place : removed_) Remove(place);
}

void Table::Expire(int64_t now_ms, FlowSink& sink) {
  ExpireBefore(last_expire_ms_, sink);
  last_expire_ms_ = now_ms;
}

void Table::Stop(FlowSink& sink, bool flush_streams) {
  if (flush_streams) assembler_.FlushAll();
  while (StopSome(sink, places_ + size_t{1})) {
  }
}

// All go, so nothing is taken out of index, wheels and names flow by flow.
bool Table::StopSome(FlowSink& sink, size_t limit) {
  if (count_ == 0) {
    Clear();
    return false;
  }
  if (stop_at_ == 0) {
    if (options_.ordered) stopping_ = Places();
  }
  const size_t end = options_.ordered ? stopping_.size() : places_;
  sent_.clear();
  removed_.clear();
  for (; stop_at_ < end && removed_.size() < limit; ++stop_at_) {
    const uint32_t place = options_.ordered ? stopping_[stop_at_] : uint32_t(stop_at_);
    if (Used(place)) End(place);
  }
  Emit(sink);
  for (const uint32_t place : removed_) {
    hot_[place].flags = 0;
    const uint32_t generation = cold_[place].generation + 1;
    cold_[place] = {};
    cold_[place].generation = generation;
  }
  count_ -= uint32_t(removed_.size());
  return true;
}

// A flow that will be removed: sent unless it finished before.
void Table::End(uint32_t place) {
  Cold& cold = cold_[place];
  if (hot_[place].epoch == epoch_) {
    if (cold.updates == 0) {
      cold.whole = true;
      cold.updates = updates_ + 1;
    } else {
      Report(place, last_update_ms_, hot_[place].last_ms);
    }
  }
  removed_.push_back(place);
  if (cold.finish != FinishType::kNotFinished) {
    if (options_.all_news && HasNews(place)) sent_.push_back(place);
    return;
  }
  cold.finish = FinishType::kTimeout;
  sent_.push_back(place);
}

void Table::Clear() {
  if (places_ == 0) return;
  index_ = {};
  names_ = {};
  expiry_.Clear();
  timeouts_.Clear();
  free_ = {};
  stopping_ = {};
  oldest_ = {};
  touched_ = {};
  stop_at_ = 0;
  places_ = 0;
}

void Table::Maintain(int64_t older_than_ns) {
  assembler_.Flush(older_than_ns);
  assembler_.Forget([this](FlowHandle flow) {
    return !Used(flow.place) || cold_[flow.place].generation != flow.generation;
  });
  defragmenter_.Flush(older_than_ns);
}

std::vector<uint32_t> Table::Places() const {
  std::vector<uint32_t> places;
  places.reserve(count_);
  for (uint32_t place = 0; place < places_; ++place) {
    if (Used(place)) places.push_back(place);
  }
  std::sort(places.begin(), places.end(),
            [this](uint32_t a, uint32_t b) { return hot_[a].touch < hot_[b].touch; });
  return places;
}

}  // namespace skydive::flow
