// SPDX-License-Identifier: Apache-2.0
// Flows of the past in a folder: windows of time, each a log while it is filled and a segment file
// afterwards.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "flow/intake.h"
#include "flow/store/bits.h"
#include "flow/store/log.h"
#include "flow/store/memory_window.h"
#include "flow/store/segment.h"

namespace skydive::flow::store {

struct StoreOptions {
  std::string folder;
  // A window is full with so many flows, updates, or bytes of memory, or when it is so old.
  uint32_t window_flows = 65536;
  size_t window_updates = 131072;
  size_t window_bytes = 32 << 20;
  int64_t window_ms = 3600000;
  // What is kept; 0 keeps it all.
  int64_t max_age_ms = 0;
  uint64_t max_bytes = 0;
  // Milliseconds since the epoch.
  std::function<int64_t()> now_ms;
};

struct StoreStatus {
  uint64_t updates = 0;    // stored since the start
  uint64_t lost = 0;       // not stored because they could not be written
  uint64_t errors = 0;     // failed writes
  std::string last_error;  // of the last one, while it lasts
  uint64_t flows = 0;      // distinct ones
  uint64_t windows = 0;
  uint64_t bytes = 0;    // on disk
  uint64_t expired = 0;  // windows removed by age or size
  uint64_t damaged = 0;  // windows set aside
  uint64_t cut = 0;      // bytes of a log that a crash had left behind its last block
  int64_t oldest_ms = 0;
};

// A window as a query sees it: it never changes.
struct Snapshot {
  std::shared_ptr<const Segment> segment;
  // Rows that a later window holds a later state of.
  Bits replaced;
};

class Store : public FlowKeeper {
 public:
  // Opens the folder, which must exist, and reads what a crash left. Throws std::runtime_error, also when
  // another process has it.
  explicit Store(StoreOptions options);
  ~Store() override;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Never throws: what cannot be written is counted.
  void Keep(std::span<const FlowView> flows, std::span<const std::string_view> bytes) override;
  // Forces all that was kept to the disk. Throws std::system_error.
  void Flush();
  // Removes what is too old or too much, whole windows, the oldest first.
  void Retain();
  // Every window, the oldest first. A file that is found damaged is set aside.
  std::vector<Snapshot> Windows();
  StoreStatus Status() const;
  // Windows that were found damaged since the last call.
  std::vector<std::string> TakeComplaints();
  void Close();

 private:
  // Closed windows that still wait to be written; beyond it nothing more is taken.
  static constexpr size_t kMaxUnwritten = 2;

  struct Window {
    uint32_t sequence = 0;
    std::unique_ptr<MemoryWindow> memory;  // until it is a segment
    std::shared_ptr<Log> log;              // until that is written
    std::shared_ptr<const Segment> segment;
    Bits replaced;
    int64_t max_last_ms = INT64_MIN;
    // Of this one and all before.
    int64_t max_last_so_far_ms = INT64_MIN;
    int64_t arrived_first_ms = 0;
    uint64_t bytes = 0;  // of the file
    bool written = false;
  };

  std::string PathOf(uint32_t sequence, const char* kind) const;
  void Lock();
  void Recover();
  void Adopt(const std::shared_ptr<Window>& window);
  void Set(const FlowView& flow, int64_t arrived_ms);
  void ReplaceOlder(uint32_t row, const FlowView& flow, uint64_t uuid);
  bool ReplaceIn(const std::shared_ptr<Window>& window, uint32_t row, uint64_t uuid);
  bool Full(int64_t now_ms) const;
  void Begin(uint32_t sequence);
  void Roll();
  void Work();
  void Write(const std::shared_ptr<Window>& window);
  void Failed(const std::exception& failure);
  void SetAside(const std::string& path, const std::string& why);
  void SetAsideDamaged();
  std::shared_ptr<const Segment> Current();

  const StoreOptions options_;
  int lock_file_ = -1;

  // Held by whoever keeps, outside of the next one.
  std::mutex keeping_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable written_;
  std::vector<std::shared_ptr<Window>> windows_;  // closed ones, the oldest first
  std::deque<std::shared_ptr<Window>> unwritten_;
  std::unique_ptr<MemoryWindow> memory_;  // the open one
  std::shared_ptr<Log> log_;              // appended to by whoever keeps, without this lock
  uint32_t sequence_ = 1;
  uint64_t version_ = 0;  // of the open one
  std::shared_ptr<const Segment> image_;
  uint64_t image_version_ = 0;
  StoreStatus status_;
  std::vector<std::string> complaints_;
  std::atomic<uint64_t> log_bytes_ = 0;
  bool dirty_ = false;
  bool failing_ = false;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace skydive::flow::store
