// SPDX-License-Identifier: Apache-2.0
// A live capture: a flow table, the messages that it gives, and a source that fills it on a thread of the pool.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "capture/sflow_reader.h"
#include "capture/target.h"
#include "flow/table.h"

namespace skydive::capture {

struct TableOptions {
  flow::Options flow;
  int64_t update_ms = 60000;
  int64_t expire_ms = 600000;
  size_t flows_per_message = 10;
  std::optional<TargetOptions> target;  // instead of messages to take
};

struct CaptureStats {
  uint64_t packets_received = 0;  // those dropped included
  uint64_t packets_dropped = 0;
  // Of captures that count in the kernel.
  struct Kernel {
    uint64_t lost = 0;        // packets that were counted nowhere
    uint64_t overflowed = 0;  // packets that the agent counted, because there was no room in the kernel's table
    uint32_t entries = 0;     // of the kernel's table when it was read last
    const char* hook = "";    // how the program is attached
    uint64_t hook_runs = 0;   // of the program, while kernel.bpf_stats_enabled is set
    uint64_t hook_ns = 0;
  };
  std::optional<Kernel> kernel;
  // Of captures that exporters feed.
  struct Listener {
    uint16_t port = 0;
    uint64_t datagrams = 0;    // read
    uint64_t dropped = 0;      // by the kernel: they came faster than they were read
    uint64_t malformed = 0;    // datagrams that could not be read to their end
    std::string complaint;     // who sent the latest of these, and what is wrong with it
    uint64_t records = 0;      // sampled packets, or records of flows
    uint64_t skipped = 0;      // of these, what no flow was made of
    uint64_t lost = 0;         // on the way, by the exporters' sequence numbers
    uint64_t no_template = 0;  // sets of records whose template has not come
    uint64_t counters_dropped = 0;  // records of counters that nobody took in time
    uint64_t forgotten = 0;    // templates, to make room for others
    uint32_t sampling = 1;     // one of so many packets, as told last
  };
  std::optional<Listener> listener;
  // Of captures that others connect to.
  struct Streams {
    std::string address;  // with the port
    uint64_t open = 0;
    uint64_t ended = 0;    // those that failed included
    uint64_t failed = 0;   // no capture file, or cut off
    uint64_t refused = 0;  // too many at once
    std::string error;     // of the latest one
  };
  std::optional<Streams> streams;
  flow::TableStats table;
  std::optional<TargetStats> target;
  uint64_t messages_dropped = 0;  // nobody took them in time
  std::string error;              // why capturing ended
};

class LiveCapture : private flow::FlowSink {
 public:
  // Messages that wait to be taken are bounded; the oldest go.
  static constexpr size_t kMaxOutboxBytes = 64 << 20;

  // Called on a thread of the pool when messages are there to be taken, once until they are.
  using Notify = std::function<void()>;

  // A derived class calls Stop in its destructor.
  ~LiveCapture() override = default;
  LiveCapture(const LiveCapture&) = delete;
  LiveCapture& operator=(const LiveCapture&) = delete;

  // At most so many messages, each a serialized Message.
  std::vector<std::string> Take(size_t limit);
  CaptureStats Stats();
  // The table under its lock, for queries.
  template <typename Look>
  auto WithTable(Look look) {
    const std::lock_guard lock(mutex_);
    return look(static_cast<const flow::Table&>(table_));
  }
  // Counters that exporters told beside flows, at most so many records; the latest that fit wait.
  virtual std::vector<SflowCounters> TakeCounters(size_t) { return {}; }
  // Takes nothing more, and waits a moment until all that came before is counted.
  virtual void Settle() {}
  // Stops capturing and ends all flows; what is left can be taken. Idempotent.
  void Stop();

 protected:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  LiveCapture(TableOptions options, const layers::UdpPorts& ports, Notify notify);
  // Hands the capture to the pool, once it is complete.
  void Start();
  // Packets in the order of their capture: they count in the table, under its lock, unless the target takes them.
  void Process(std::span<const flow::Packet> packets);

  // Readable when `Drain` has something to do.
  virtual int fd() const = 0;
  // Counts what waits; locks `mutex_` meanwhile, not for longer than some milliseconds.
  virtual void Drain() = 0;
  // What is to be done from time to time; returns when next.
  virtual int64_t Poll(int64_t) { return kNever; }
  // Adds what only the source knows, under the lock; also after Release.
  virtual void AddStats(CaptureStats& stats) = 0;
  // Gives back what the kernel lent, under the lock, once nothing comes any more.
  virtual void Release() = 0;

  std::mutex mutex_;  // of the table, its times and the error
  flow::Table table_;
  std::string error_;

 private:
  friend class CapturePool;

  // Updates, expires and maintains when it is time; returns when to be called again.
  int64_t Tick(int64_t now_ms);
  void Flows(const flow::Table& table, std::span<const uint32_t> places) override;
  void Tell();

  const int64_t update_ms_;
  const int64_t expire_ms_;
  const size_t flows_per_message_;
  const std::unique_ptr<Target> target_;
  const Notify notify_;
  int64_t next_update_ms_ = 0;
  int64_t next_expire_ms_ = 0;
  int64_t next_maintenance_ms_ = 0;
  std::atomic<bool> started_ = false;

  std::mutex outbox_mutex_;
  std::deque<std::string> outbox_;
  size_t outbox_bytes_ = 0;
  uint64_t messages_dropped_ = 0;
  bool told_ = false;
};

}  // namespace skydive::capture
