// SPDX-License-Identifier: Apache-2.0
// Flows that agents send over UDP, put into an intake by a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "flow/intake.h"
#include "kernel/udp_receiver.h"

namespace skydive::capture {

class FlowReceiver {
 public:
  static constexpr size_t kReceiveBytes = 16 << 20;

  // The intake outlives this. Throws std::system_error when the address cannot be bound.
  FlowReceiver(const std::string& address, uint16_t port, flow::Intake& intake);
  ~FlowReceiver();

  uint16_t port() const { return socket_.port(); }
  uint64_t datagrams() const { return datagrams_; }
  // By the kernel, because nobody read them in time.
  uint64_t Dropped() const { return socket_.Dropped(); }

 private:
  void Run();

  flow::Intake& intake_;
  kernel::UdpReceiver socket_;
  kernel::Descriptor stop_;
  std::atomic<uint64_t> datagrams_ = 0;
  std::thread thread_;
};

}  // namespace skydive::capture
