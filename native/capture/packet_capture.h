// SPDX-License-Identifier: Apache-2.0
// Live capture of an interface into a flow table. A small pool of threads serves all captures.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "flow/table.h"
#include "kernel/packet_ring.h"

namespace skydive::capture {

struct CaptureOptions {
  kernel::RingOptions ring;
  flow::Options flow;
  layers::Protocol first = layers::Protocol::kEthernet;
  int64_t update_ms = 60000;
  int64_t expire_ms = 600000;
  size_t flows_per_message = 10;
};

struct CaptureStats {
  kernel::RingStatistics ring;
  flow::TableStats table;
  uint64_t messages_dropped = 0;  // nobody took them in time
  std::string error;              // why capturing ended
};

class PacketCapture : private flow::FlowSink {
 public:
  // Messages that wait to be taken are bounded; the oldest go.
  static constexpr size_t kMaxOutboxBytes = 64 << 20;

  // Called on a thread of the pool when messages are there to be taken, once until they are.
  using Notify = std::function<void()>;

  // Throws std::system_error or std::runtime_error when the interface cannot be captured.
  PacketCapture(CaptureOptions options, const layers::UdpPorts& ports, Notify notify);
  ~PacketCapture() override;

  // At most so many messages, each a serialized Message.
  std::vector<std::string> Take(size_t limit);
  CaptureStats Stats();
  // The table under its lock, for queries.
  template <typename Look>
  auto WithTable(Look look) {
    const std::lock_guard lock(mutex_);
    return look(static_cast<const flow::Table&>(table_));
  }
  // Stops capturing and ends all flows; what is left can be taken. Idempotent.
  void Stop();

 private:
  friend class CapturePool;

  int fd() const { return ring_.fd(); }
  // All blocks that are ready.
  void Drain();
  // Updates, expires and maintains when it is time; returns when to be called again.
  int64_t Tick(int64_t now_ms);
  void Flows(const flow::Table& table, std::span<const uint32_t> places) override;
  void Tell();

  const CaptureOptions options_;
  const Notify notify_;
  kernel::PacketRing ring_;
  std::mutex mutex_;  // of the table and its times
  flow::Table table_;
  std::vector<flow::Packet> packets_;
  int64_t next_update_ms_ = 0;
  int64_t next_expire_ms_ = 0;
  int64_t next_maintenance_ms_ = 0;
  std::string error_;
  bool stopped_ = false;

  std::mutex outbox_mutex_;
  std::deque<std::string> outbox_;
  size_t outbox_bytes_ = 0;
  uint64_t messages_dropped_ = 0;
  bool told_ = false;
};

}  // namespace skydive::capture
