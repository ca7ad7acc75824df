// SPDX-License-Identifier: Apache-2.0
#include "capture/ebpf_capture.h"

#include <time.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "capture/kernel_flow.h"
#include "kernel/network_namespace.h"

namespace skydive::capture {
namespace {

constexpr int64_t kSecondNs = 1000000000;
// Parts of the idle time that an entry stays when the table is half full, and nearly full.
constexpr uint64_t kWhenHalfFull = 3;
constexpr uint64_t kWhenFull = 15;
constexpr size_t kRecordsAtOnce = 1024;
// Taken out one by one, so that a table of flows that come back later is not turned over each second.
constexpr size_t kIdleAtOnce = 8192;
constexpr size_t kDeferredAtMost = 65536;
constexpr size_t kTunnelsBeforeCleaning = 65536;

// The kernel's clock for the latest packet may lag behind that for the first.
uint64_t LastOf(const bpf::flow_value& value) { return std::max(value.start_ns, value.last_ns); }

int64_t Now(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * kSecondNs + now.tv_nsec;
}

}  // namespace

EbpfCapture::EbpfCapture(EbpfCaptureOptions options, const layers::UdpPorts& ports, Notify notify)
    : LiveCapture(options.table, ports, std::move(notify)),
      program_(std::in_place, options.program),
      seed_(options.table.flow.hash_seed),
      room_(options.program.flows),
      poll_ms_(std::max<int64_t>(1, options.poll_ms)),
      idle_ns_(uint64_t(std::max<int64_t>(1, options.idle_ms)) * 1000000) {
  offset_ns_ = Now(CLOCK_REALTIME) - Now(CLOCK_MONOTONIC);
  const kernel::NamespaceHandle where = kernel::OpenNamespace(options.namespace_path);
  kernel::InsideNamespace(where, [&] { program_->Attach(options.interface); });
  hook_ = program_->hook()->kind();
  Start();
}

uint32_t EbpfCapture::PlaceOf(uint64_t hash, const bpf::flow_key& key, const bpf::flow_value& value) {
  const uint32_t found = table_.Find(hash);
  if (found != flow::HashIndex::kNotFound) return found;
  const bool inner = (key.parts & bpf::FLOW_INNER) != 0;
  uint32_t tunnel = flow::HashIndex::kNotFound;
  if (inner) {
    const auto at = tunnels_.find(key.parent);
    if (at != tunnels_.end()) tunnel = table_.Find(at->second);
    if (tunnel == flow::HashIndex::kNotFound && !last_resort_) return flow::HashIndex::kNotFound;
  }
  flow::Cold flow = FlowOf(key, value, offset_ns_, table_.options().node_tid);
  if (tunnel != flow::HashIndex::kNotFound) {
    flow.has_parent = true;
    flow.parent = table_.cold(tunnel).uuid;
  }
  if ((key.parts & bpf::FLOW_TUNNEL) != 0) tunnels_[bpf::flow_mix(&key, seed_)] = hash;
  const KernelPath path(value.path);
  return table_.Insert(hash, std::move(flow), path.layers(), value.swapped != 0,
                       (int64_t(LastOf(value)) + offset_ns_) / 1000000);
}

void EbpfCapture::Count(uint32_t place, bool exchanged, const flow::Counters& more,
                        const bpf::flow_value& value) {
  const flow::Counters added =
      exchanged ? flow::Counters{more.ba_packets, more.ba_bytes, more.ab_packets, more.ab_bytes} : more;
  table_.CountMore(place, added, (int64_t(LastOf(value)) + offset_ns_) / 1000000);
  const auto& extension = table_.cold(place).extension;
  if (!extension || !extension->tcp) return;
  flow::TcpMetric& tcp = *table_.Edit(place).extension->tcp;
  NoteTcpFlags(tcp, value, offset_ns_, exchanged);
  const flow::Counters& total = table_.hot(place).counters;
  tcp.ab.packets = total.ab_packets;
  tcp.ab.bytes = total.ab_bytes;
  tcp.ba.packets = total.ba_packets;
  tcp.ba.bytes = total.ba_bytes;
}

// The memory of a whole batch is asked for before it is needed.
void EbpfCapture::CountAll(const bpf::flow_key* keys, const bpf::flow_value* values, uint32_t count) {
  for (uint32_t from = 0; from < count; from += kBatch) {
    const uint32_t size = std::min(kBatch, count - from);
    uint64_t hashes[kBatch];
    uint32_t known[kBatch];
    for (uint32_t i = 0; i < size; ++i) {
      hashes[i] = HashOf(keys[from + i], seed_);
      index_.Prefetch(hashes[i]);
    }
    for (uint32_t i = 0; i < size; ++i) {
      known[i] = index_.Guess(hashes[i]);
      if (known[i] != flow::HashIndex::kNotFound) __builtin_prefetch(&known_[known[i]], 1);
    }
    for (uint32_t i = 0; i < size; ++i) {
      if (known[i] == flow::HashIndex::kNotFound || known_[known[i]].hash != hashes[i]) {
        known[i] = index_.Find(hashes[i], [&](uint32_t at) { return known_[at].hash == hashes[i]; });
      }
      if (known[i] != flow::HashIndex::kNotFound) __builtin_prefetch(&table_.hot(known_[known[i]].place), 1);
    }
    for (uint32_t i = 0; i < size; ++i) {
      const bpf::flow_value& value = values[from + i];
      CountEntry(hashes[i], known[i], keys[from + i], value);
      if (value.last_ns < idle_before_ns_ && idle_.size() < kIdleAtOnce) idle_.push_back(keys[from + i]);
    }
  }
}

void EbpfCapture::CountEntry(uint64_t hash, uint32_t at, const bpf::flow_key& key, const bpf::flow_value& value) {
  uint32_t place = flow::HashIndex::kNotFound;
  if (at == flow::HashIndex::kNotFound) {
    place = PlaceOf(hash, key, value);
    if (place == flow::HashIndex::kNotFound) {
      deferred_entries_.push_back({key, value});
      return;
    }
    if (free_.empty()) {
      known_.Grow(places_ + 1);
      free_.push_back(places_++);
    }
    at = free_.back();
    free_.pop_back();
    known_[at] = {hash, {0, 0}, {0, 0}, place, 0, false};
    index_.Insert(hash, at);
  }
  Known& known = known_[at];
  const uint32_t forward = value.packets[0] - known.packets[0];
  const uint32_t backward = value.packets[1] - known.packets[1];
  if (forward == 0 && backward == 0) return;
  if (place == flow::HashIndex::kNotFound && table_.Used(known.place) &&
      table_.cold(known.place).generation == known.generation) {
    place = known.place;
  } else {
    // New, or its flow went meanwhile: it comes back with what was not counted yet.
    if (place == flow::HashIndex::kNotFound) place = PlaceOf(hash, key, value);
    if (place == flow::HashIndex::kNotFound) return;
    known.place = place;
    known.generation = table_.cold(place).generation;
    known.exchanged = (value.swapped != 0) != ((table_.hot(place).flags & flow::Hot::kSwapped) != 0);
  }
  const flow::Counters more{int64_t{forward}, int64_t(value.bytes[0] - known.bytes[0]), int64_t{backward},
                            int64_t(value.bytes[1] - known.bytes[1])};
  Count(place, known.exchanged, more, value);
  std::copy(value.packets, value.packets + 2, known.packets);
  std::copy(value.bytes, value.bytes + 2, known.bytes);
}

void EbpfCapture::Drain() {
  // Bounded, so that one busy interface leaves the others their turn.
  for (int turn = 0; turn < 64; ++turn) {
    records_.clear();
    const uint32_t read = program_->ring().Read(kRecordsAtOnce, [this](const void* record, uint32_t size) {
      if (size < sizeof(bpf::flow_record)) return;
      records_.emplace_back();
      std::memcpy(&records_.back(), record, sizeof(bpf::flow_record));
    });
    if (read == 0) break;
    const std::lock_guard lock(mutex_);
    CountRecords();
  }
}

void EbpfCapture::CountRecords() {
  for (const bpf::flow_record& record : records_) {
    const uint32_t place = PlaceOf(HashOf(record.key, seed_), record.key, record.value);
    if (place == flow::HashIndex::kNotFound) {
      if (deferred_records_.size() < kDeferredAtMost) deferred_records_.push_back(record);
      continue;
    }
    const bool exchanged =
        (record.value.swapped != 0) != ((table_.hot(place).flags & flow::Hot::kSwapped) != 0);
    Count(place, exchanged, {record.value.packets[0], int64_t(record.value.bytes[0]), 0, 0}, record.value);
  }
}

// What waited for the flow of its tunnel, which the table has now; if not, it counts without.
void EbpfCapture::CountDeferred() {
  const auto count = [this] {
    const std::vector<bpf::flow_record> entries = std::exchange(deferred_entries_, {});
    for (const bpf::flow_record& entry : entries) CountAll(&entry.key, &entry.value, 1);
    records_ = std::exchange(deferred_records_, {});
    CountRecords();
  };
  const auto waiting = [this] { return deferred_entries_.size() + deferred_records_.size(); };
  // A tunnel may be inside a tunnel that waits itself: as long as some are found, others may be.
  for (size_t before = waiting() + 1; waiting() > 0 && waiting() < before;) {
    before = waiting();
    count();
  }
  last_resort_ = true;
  count();
  last_resort_ = false;
}

int64_t EbpfCapture::Poll(int64_t now_ms) {
  if (now_ms < next_poll_ms_) return next_poll_ms_;
  const bool last = now_ms == kNever;
  next_poll_ms_ = last ? kNever : now_ms + poll_ms_;
  std::string why;
  const bool alive = last || program_->hook()->Alive(why);
  if (last) program_->Detach();
  // The program wakes nobody for a few packets.
  Drain();
  offset_ns_ = Now(CLOCK_REALTIME) - Now(CLOCK_MONOTONIC);
  const uint64_t idle_ns =
      idle_ns_ / (entries_ > room_ / 4 * 3 ? kWhenFull : entries_ > room_ / 2 ? kWhenHalfFull : 1);
  idle_before_ns_ = uint64_t(std::max<int64_t>(0, Now(CLOCK_MONOTONIC) - int64_t(idle_ns)));
  entries_ = 0;
  // The lock is taken for one batch at a time: whoever asks for the flows meanwhile waits for that at most.
  program_->flows().Walk([this](const uint8_t* keys, const uint8_t* values, uint32_t count) {
    const std::lock_guard lock(mutex_);
    entries_ += count;
    CountAll(reinterpret_cast<const bpf::flow_key*>(keys), reinterpret_cast<const bpf::flow_value*>(values), count);
  });
  const std::lock_guard lock(mutex_);
  CountDeferred();
  RemoveIdle();
  if (!alive && error_.empty()) error_ = why;
  return next_poll_ms_;
}

void EbpfCapture::RemoveIdle() {
  for (const bpf::flow_key& key : idle_) {
    const uint64_t hash = HashOf(key, seed_);
    bpf::flow_value value;
    if (!program_->flows().Take(&key, &value)) continue;
    const auto same = [this, hash](uint32_t at) { return known_[at].hash == hash; };
    CountEntry(hash, index_.Find(hash, same), key, value);
    const uint32_t at = index_.Find(hash, same);
    if (at == flow::HashIndex::kNotFound) continue;
    index_.Remove(hash, at);
    free_.push_back(at);
  }
  idle_.clear();
  if (tunnels_.size() <= kTunnelsBeforeCleaning) return;
  std::erase_if(tunnels_, [this](const auto& tunnel) { return table_.Find(tunnel.second) == flow::HashIndex::kNotFound; });
}

CaptureStats::Kernel EbpfCapture::Counted() const {
  if (!program_) return released_;
  const bpf::flow_shared counted = program_->Counters();
  const kernel::ProgramRuns runs = program_->Runs();
  return {counted.lost, counted.overflowed, entries_, kernel::NameOf(hook_), runs.count, runs.ns};
}

void EbpfCapture::AddStats(CaptureStats& stats) {
  stats.kernel = Counted();
  stats.packets_dropped = stats.kernel->lost;
  stats.packets_received = table_.stats().packets + stats.kernel->lost;
}

void EbpfCapture::Release() {
  released_ = Counted();
  program_.reset();
}

}  // namespace skydive::capture
