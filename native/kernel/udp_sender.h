// SPDX-License-Identifier: Apache-2.0
// Sends datagrams to one address from a thread of its own, many a system call and no faster than told.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "kernel/descriptor.h"

namespace skydive::kernel {

struct UdpSenderOptions {
  // In digits, IPv4 or IPv6 (with a scope where it needs one).
  std::string address;
  uint16_t port = 0;
  // Of datagrams that wait; beyond it the oldest go.
  size_t queue_bytes = 64 << 20;
  uint32_t datagrams_per_second = 200000;
};

struct UdpSenderStatistics {
  uint64_t sent = 0;
  uint64_t dropped = 0;  // the queue was full
  uint64_t failed = 0;   // the kernel refused them
  uint64_t queued = 0;
  int error = 0;  // errno of the latest failure
};

class UdpSender {
 public:
  // Throws std::system_error, or std::invalid_argument when the address is none.
  explicit UdpSender(UdpSenderOptions options);
  // What waits is lost.
  ~UdpSender();

  void Send(std::string datagram);
  UdpSenderStatistics Statistics();

 private:
  void Run();
  // At most so many of those that wait; empty when the sender ends.
  std::deque<std::string> Next();
  void Transmit(std::deque<std::string>& datagrams);
  void Fail(int error);

  const UdpSenderOptions options_;
  Descriptor socket_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> queue_;
  size_t queue_bytes_ = 0;
  UdpSenderStatistics statistics_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace skydive::kernel
