// SPDX-License-Identifier: Apache-2.0
// What a store does beside keeping: it writes segments, removes what is old, and sets aside what is damaged.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "flow/store/store.h"

namespace skydive::flow::store {
namespace {

constexpr auto kSyncPeriod = std::chrono::seconds(1);
constexpr auto kRetainPeriod = std::chrono::seconds(5);

}  // namespace

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

}  // namespace skydive::flow::store
