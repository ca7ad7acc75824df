// SPDX-License-Identifier: Apache-2.0
// Where an analyzer takes flows in: serialized Messages go into a bounded queue, a thread works it off in
// bulks.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "flow/flow_view.h"

namespace skydive::flow {

// Takes the flows of a bulk; `bytes` holds each as it came.
class FlowKeeper {
 public:
  virtual ~FlowKeeper() = default;
  virtual void Keep(std::span<const FlowView> flows, std::span<const std::string_view> bytes) = 0;
};

struct IntakeOptions {
  // Flows that may wait; what comes beyond is dropped and counted.
  size_t max_flows = 100000;
  // A bulk is worked off as soon as so many flows wait, or when one has waited so long.
  size_t bulk_flows = 100;
  int64_t bulk_delay_ms = 5000;
};

struct IntakeCounters {
  uint64_t messages = 0;
  uint64_t malformed = 0;  // messages that are none, nothing of them was taken
  uint64_t flows = 0;      // queued
  uint64_t dropped = 0;    // flows, for want of room
  uint64_t handled = 0;    // flows that left the queue
  uint64_t stats = 0;
  uint64_t unsent = 0;  // flows and stats that nobody took in time
  uint64_t waiting = 0;
};

// What is to be handed on.
struct IntakeOutput {
  std::vector<std::string> bulks;  // JSON arrays of flows
  std::vector<std::string> stats;  // JSON objects, the capture's id always among them
};

class Intake {
 public:
  static constexpr size_t kMaxMessageBytes = 16 << 20;
  static constexpr size_t kMaxWaitingBytes = 256 << 20;
  static constexpr size_t kMaxOutputFlows = 20000;
  static constexpr size_t kMaxOutputStats = 10000;

  // `keeper` may be null, and outlives this. `notify` is called on any thread when there is something to
  // take, once until it was taken.
  Intake(const IntakeOptions& options, FlowKeeper* keeper, std::function<void()> notify);
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // Serialized Messages, from any thread; never waits.
  void Put(std::span<const std::string_view> messages);
  void Put(std::string_view message) { Put(std::span(&message, 1)); }
  // Whether bulks are wanted as JSON.
  void Want(bool wanted) { wanted_ = wanted; }
  IntakeOutput Take();
  IntakeCounters counters() const;
  // Blocks until all that was put before is with the keeper.
  void Drain();
  // Works off what waits and ends. Idempotent.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;

  // What a message holds at its top.
  struct Head {
    size_t flows = 0;
    StatsView stats;
    bool has_stats = false;
    bool sound = false;
  };

  static Head HeadOf(std::string_view message);
  void Queue(std::string_view message, size_t flows);
  void Run();
  void Handle(std::string_view entries);
  void HandleMessage(std::string_view message, size_t flows);
  void Flush();
  void Offer();
  void Tell(std::unique_lock<std::mutex>& lock);

  const IntakeOptions options_;
  FlowKeeper* const keeper_;
  const std::function<void()> notify_;

  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable drained_;
  std::string waiting_;  // entries: length and flows to take (uint32 each), message
  size_t waiting_flows_ = 0;
  size_t handling_flows_ = 0;
  Clock::time_point since_;
  size_t draining_ = 0;
  bool stopping_ = false;
  IntakeCounters counters_;

  std::atomic<bool> wanted_ = false;
  mutable std::mutex output_mutex_;
  IntakeOutput output_;
  size_t output_flows_ = 0;
  uint64_t unsent_ = 0;
  bool told_ = false;

  // Of the thread.
  std::vector<FlowView> flows_;
  std::vector<std::string_view> bytes_;
  size_t count_ = 0;
  uint64_t malformed_ = 0;

  std::thread thread_;
};

}  // namespace skydive::flow
