// SPDX-License-Identifier: Apache-2.0
#include "flow/store/store.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "flow/store/identifier.h"

namespace skydive::flow::store {
namespace {

// A flow that says it is new is not looked for in more windows than that: at high rates there are hundreds.
constexpr size_t kFewWindows = 8;

}  // namespace

Store::Store(StoreOptions options) : options_(std::move(options)) {
  Lock();
  try {
    Recover();
  } catch (...) {
    close(lock_file_);
    throw;
  }
  thread_ = std::thread([this] { Work(); });
}

Store::~Store() { Close(); }

std::string Store::PathOf(uint32_t sequence, const char* kind) const {
  char name[16];
  std::snprintf(name, sizeof name, "%08u", sequence);
  return options_.folder + '/' + name + kind;
}

void Store::Begin(uint32_t sequence) {
  log_ = std::make_shared<Log>(Log::Create(PathOf(sequence, ".log")));
  SyncFolder(options_.folder);
  sequence_ = sequence;
  memory_ = std::make_unique<MemoryWindow>();
  ++version_;
}

void Store::Set(const FlowView& flow, int64_t arrived_ms) {
  bool odd;
  const uint64_t uuid = UuidKey(flow.uuid, odd);
  const auto [row, is_new] = memory_->Put(flow, uuid, odd);
  memory_->Arrived(arrived_ms);
  if (!is_new) return;
  ++status_.flows;
  ReplaceOlder(row, flow, uuid);
}

// Finds the state of the flow in the windows before and marks it as replaced. Its last update came about when
// this one says its period began, so the windows around that time are looked at first.
void Store::ReplaceOlder(uint32_t row, const FlowView& flow, uint64_t uuid) {
  size_t first = windows_.size();
  while (first > 0 && windows_[first - 1]->max_last_so_far_ms >= flow.start_ms) --first;
  const size_t count = windows_.size() - first;
  if (count == 0) return;
  const bool says_new = flow.has_last_update && flow.last_update.start_ms == flow.start_ms;
  if (says_new && count > kFewWindows) return;
  size_t near = windows_.size() - 1;
  if (flow.has_last_update) {
    while (near > first && windows_[near]->arrived_first_ms > flow.last_update.start_ms) --near;
  }
  for (size_t step = 0; step < count; ++step) {
    // At, one later, one earlier, two later…
    if (near + step < windows_.size() && ReplaceIn(windows_[near + step], row, uuid)) return;
    if (step > 0 && near >= first + step && ReplaceIn(windows_[near - step], row, uuid)) return;
  }
}

bool Store::ReplaceIn(const std::shared_ptr<Window>& window, uint32_t row, uint64_t uuid) {
  const uint32_t older = window->segment ? window->segment->Find(uuid) : window->memory->Find(uuid);
  if (older == MemoryWindow::kNone || window->replaced[older]) return false;
  window->replaced.Set(older);
  memory_->Replace(row, window->sequence, older);
  --status_.flows;
  return true;
}

bool Store::Full(int64_t now_ms) const {
  if (memory_->rows() == 0) return false;
  return memory_->rows() >= options_.window_flows || memory_->records() >= options_.window_updates ||
         memory_->Bytes() >= options_.window_bytes ||
         now_ms - memory_->arrived_first_ms() >= options_.window_ms;
}

// Closes the open window. The next one is begun by the caller, where there is to be one.
void Store::Roll() {
  auto window = std::make_shared<Window>();
  window->sequence = sequence_;
  window->max_last_ms = memory_->max_last_ms();
  window->arrived_first_ms = memory_->arrived_first_ms();
  window->replaced = Bits(memory_->rows(), false);
  window->memory = std::move(memory_);
  window->bytes = log_->size();
  window->log = log_;
  Adopt(window);
  unwritten_.push_back(window);
  work_.notify_one();
}

void Store::Keep(std::span<const FlowView> flows, std::span<const std::string_view> bytes) {
  const std::lock_guard keeping(keeping_);
  try {
    const int64_t now = options_.now_ms();
    {
      std::unique_lock lock(mutex_);
      if (Full(now)) {
        // The queue before this one waits, and counts what it drops; but not for a disk that takes nothing.
        written_.wait(lock, [this] { return unwritten_.size() < kMaxUnwritten || failing_ || stopping_; });
        if (unwritten_.size() >= kMaxUnwritten || stopping_) {
          status_.lost += flows.size();
          return;
        }
        // First what may fail.
        auto next = std::make_shared<Log>(Log::Create(PathOf(sequence_ + 1, ".log")));
        Roll();
        log_ = std::move(next);
        log_bytes_ = 0;
        ++sequence_;
        memory_ = std::make_unique<MemoryWindow>();
        ++version_;
      }
    }
    log_->Append(now, bytes);
    log_bytes_ = log_->size();
    const std::lock_guard lock(mutex_);
    for (const FlowView& flow : flows) {
      if (!flow.uuid.empty()) Set(flow, now);
    }
    ++version_;
    dirty_ = true;
    status_.updates += flows.size();
    if (!failing_) status_.last_error.clear();
  } catch (const std::exception& failure) {
    const std::lock_guard lock(mutex_);
    status_.lost += flows.size();
    Failed(failure);
  }
}

// The open window as a segment; made anew when it has changed.
std::shared_ptr<const Segment> Store::Current() {
  if (memory_->rows() == 0) return nullptr;
  if (!image_ || image_version_ != version_) {
    image_ = Segment::FromBytes(memory_->Encode());
    image_version_ = version_;
  }
  return image_;
}

std::vector<Snapshot> Store::Windows() {
  SetAsideDamaged();
  std::vector<Snapshot> snapshots;
  const std::lock_guard lock(mutex_);
  for (const auto& window : windows_) {
    if (!window->segment) window->segment = Segment::FromBytes(window->memory->Encode());
    snapshots.push_back({window->segment, window->replaced});
  }
  if (auto current = Current()) {
    const uint32_t rows = current->rows();
    snapshots.push_back({std::move(current), Bits(rows, false)});
  }
  return snapshots;
}

StoreStatus Store::Status() const {
  const std::lock_guard lock(mutex_);
  StoreStatus status = status_;
  status.windows = windows_.size() + 1;
  status.bytes = log_bytes_;
  for (const auto& window : windows_) status.bytes += window->bytes;
  status.oldest_ms = windows_.empty() ? memory_->arrived_first_ms() : windows_.front()->arrived_first_ms;
  return status;
}

std::vector<std::string> Store::TakeComplaints() {
  const std::lock_guard lock(mutex_);
  return std::exchange(complaints_, {});
}

void Store::Close() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    work_.notify_all();
    written_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  try {
    Flush();
  } catch (const std::exception& failure) {
    const std::lock_guard lock(mutex_);
    Failed(failure);
  }
  const std::lock_guard keeping(keeping_);
  log_->Close();
  close(lock_file_);
}

}  // namespace skydive::flow::store
