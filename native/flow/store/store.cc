// SPDX-License-Identifier: Apache-2.0
#include "flow/store/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "flow/store/identifier.h"

namespace skydive::flow::store {
namespace {

// A flow that says it is new is not looked for in more windows than that: at high rates there are hundreds.
constexpr size_t kFewWindows = 8;
constexpr auto kSyncPeriod = std::chrono::seconds(1);
constexpr auto kRetainPeriod = std::chrono::seconds(5);

// The number of `00000001.log` and the like; 0 for other names.
uint32_t SequenceOf(const std::string& name, const std::string& kind) {
  if (name.size() != 8 + kind.size() || name.compare(8, kind.size(), kind) != 0) return 0;
  uint32_t sequence = 0;
  for (size_t i = 0; i < 8; ++i) {
    if (name[i] < '0' || name[i] > '9') return 0;
    sequence = sequence * 10 + uint32_t(name[i] - '0');
  }
  return sequence;
}

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

void Store::Lock() {
  const std::string path = options_.folder + "/lock";
  lock_file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (lock_file_ < 0) throw std::system_error(errno, std::generic_category(), "cannot make " + path);
  if (flock(lock_file_, LOCK_EX | LOCK_NB) == 0) return;
  close(lock_file_);
  throw std::runtime_error("another process has it");
}

// The list of windows is the folder itself: a segment is there whole or not at all, and its log goes
// afterwards.
void Store::Recover() {
  std::set<uint32_t> segments, logs;
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
    const std::string name = entry.path().filename();
    if (const uint32_t sequence = SequenceOf(name, ".segment")) segments.insert(sequence);
    if (const uint32_t sequence = SequenceOf(name, ".log")) logs.insert(sequence);
    if (name.ends_with(".draft")) unlink(entry.path().c_str());
  }
  std::set<uint32_t> all = segments;
  all.insert(logs.begin(), logs.end());
  for (const uint32_t sequence : all) {
    const std::string segment = PathOf(sequence, ".segment");
    const std::string log = PathOf(sequence, ".log");
    sequence_ = sequence;
    if (segments.contains(sequence)) {
      auto window = std::make_shared<Window>();
      window->sequence = sequence;
      try {
        window->segment = Segment::Map(segment);
        window->written = true;
        Adopt(window);
        if (logs.contains(sequence)) unlink(log.c_str());
        continue;
      } catch (const std::exception& failure) {
        SetAside(segment, failure.what());
      }
      if (!logs.contains(sequence)) continue;
    }
    memory_ = std::make_unique<MemoryWindow>();
    uint64_t cut = 0;
    FlowView flow;
    log_ = std::make_shared<Log>(Log::Resume(
        log,
        [&](int64_t arrived_ms, std::string_view bytes) {
          if (ReadFlow(bytes, flow) && !flow.uuid.empty()) Set(flow, arrived_ms);
        },
        cut));
    status_.cut += cut;
    // The last one is gone on with.
    if (sequence != *all.rbegin()) Roll();
  }
  if (!memory_) {
    if (!all.empty()) ++sequence_;
    Begin(sequence_);
  }
  log_bytes_ = log_->size();
}

// A closed window joins the others.
void Store::Adopt(const std::shared_ptr<Window>& window) {
  if (window->segment) {
    const Segment& segment = *window->segment;
    window->max_last_ms = segment.rows() == 0 ? INT64_MIN : segment.Greatest(Column::kLast);
    window->arrived_first_ms = segment.head().arrived_first_ms;
    window->bytes = segment.size();
    window->replaced = Bits(segment.rows(), false);
    status_.flows += segment.rows();
    for (uint32_t i = 0; i < segment.replaced(); ++i) {
      const auto sequence = uint32_t(segment.Number(Column::kReplacedSegment, i));
      const auto row = uint32_t(segment.Number(Column::kReplacedRow, i));
      const auto older = std::lower_bound(
          windows_.begin(), windows_.end(), sequence,
          [](const auto& candidate, uint32_t wanted) { return candidate->sequence < wanted; });
      if (older == windows_.end() || (*older)->sequence != sequence) continue;
      if (row >= (*older)->replaced.size() || (*older)->replaced[row]) continue;
      (*older)->replaced.Set(row);
      --status_.flows;
    }
  }
  window->max_last_so_far_ms = window->max_last_ms;
  if (!windows_.empty()) {
    window->max_last_so_far_ms = std::max(window->max_last_so_far_ms, windows_.back()->max_last_so_far_ms);
  }
  windows_.push_back(window);
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

void Store::Failed(const std::exception& failure) {
  ++status_.errors;
  if (status_.last_error != failure.what()) complaints_.push_back(failure.what());
  status_.last_error = failure.what();
}

void Store::SetAside(const std::string& path, const std::string& why) {
  ++status_.damaged;
  complaints_.push_back(path + " is damaged (" + why + "): it is set aside as .damaged");
  std::rename(path.c_str(), (path + ".damaged").c_str());
}

// Writes closed windows as segments, removes old ones, and forces the log to the disk each second.
void Store::Work() {
  auto retained = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    work_.wait_for(lock, kSyncPeriod, [this] { return stopping_ || (!unwritten_.empty() && !failing_); });
    if (stopping_) return;
    if (!unwritten_.empty()) {
      const std::shared_ptr<Window> window = unwritten_.front();
      lock.unlock();
      try {
        Write(window);
        lock.lock();
        failing_ = false;
        unwritten_.pop_front();
      } catch (const std::exception& failure) {
        lock.lock();
        failing_ = true;
        Failed(failure);
      }
      written_.notify_all();
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - retained >= (failing_ ? kSyncPeriod : kRetainPeriod)) {
      retained = now;
      lock.unlock();
      Retain();
      lock.lock();
    }
    if (dirty_ && (unwritten_.empty() || failing_)) {
      lock.unlock();
      try {
        Flush();
        lock.lock();
      } catch (const std::exception& failure) {
        lock.lock();
        Failed(failure);
      }
    }
  }
}

void Store::Write(const std::shared_ptr<Window>& window) {
  std::shared_ptr<const Segment> image;
  {
    const std::lock_guard lock(mutex_);
    image = window->segment;
  }
  // Nobody changes the memory of a closed window.
  if (!image) image = Segment::FromBytes(window->memory->Encode());
  {
    const std::lock_guard lock(mutex_);
    window->segment = image;
    window->memory.reset();
  }
  const std::string path = PathOf(window->sequence, ".segment");
  WriteWhole(path, image->bytes());
  auto mapped = Segment::Map(path, true);
  {
    const std::lock_guard lock(mutex_);
    window->segment = std::move(mapped);
    window->bytes = window->segment->size();
    window->written = true;
    window->log.reset();
  }
  unlink(PathOf(window->sequence, ".log").c_str());
}

void Store::Flush() {
  std::vector<std::shared_ptr<Log>> logs;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(dirty_, false)) return;
    for (const auto& window : unwritten_) logs.push_back(window->log);
    logs.push_back(log_);
  }
  try {
    for (const auto& log : logs) log->Sync();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    dirty_ = true;
    throw;
  }
}

void Store::Retain() {
  std::vector<std::shared_ptr<Window>> gone;
  {
    const std::lock_guard lock(mutex_);
    const int64_t now = options_.now_ms();
    uint64_t bytes = log_bytes_;
    for (const auto& window : windows_) bytes += window->bytes;
    while (!windows_.empty() && windows_.front()->written) {
      const std::shared_ptr<Window> oldest = windows_.front();
      const int64_t ended = windows_.size() > 1 ? windows_[1]->arrived_first_ms : memory_->arrived_first_ms();
      const bool old = options_.max_age_ms > 0 && ended > 0 && now - ended > options_.max_age_ms;
      if (!old && (options_.max_bytes == 0 || bytes <= options_.max_bytes)) break;
      bytes -= oldest->bytes;
      status_.flows -= oldest->segment->rows() - oldest->replaced.Count();
      ++status_.expired;
      windows_.erase(windows_.begin());
      gone.push_back(oldest);
    }
  }
  // Whoever reads one still has it mapped.
  for (const auto& window : gone) unlink(PathOf(window->sequence, ".segment").c_str());
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

void Store::SetAsideDamaged() {
  std::vector<std::shared_ptr<Window>> windows;
  {
    const std::lock_guard lock(mutex_);
    windows = windows_;
  }
  // Reads a file whole when it is looked at for the first time: nobody may have to wait for that.
  std::erase_if(windows, [](const auto& window) { return !window->written || window->segment->Sound(); });
  const std::lock_guard lock(mutex_);
  for (const auto& window : windows) {
    if (std::erase(windows_, window) == 0) continue;
    status_.flows -= window->segment->rows() - window->replaced.Count();
    SetAside(PathOf(window->sequence, ".segment"), "a checksum is wrong");
  }
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
