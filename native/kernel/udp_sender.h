// SPDX-License-Identifier: Apache-2.0
// Sends datagrams to one address from a thread of its own, many a system call and no faster than told.
#pragma once

#include <chrono>
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
  // There may be no way to the address yet, or not any more: it is looked for again with each batch. Otherwise no way
  // is an error at once.
  bool patient = false;
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
  // Waits until all is sent, but not for longer than that.
  void Flush(std::chrono::milliseconds patience);

 private:
  void Run();
  // At most so many of those that wait; empty when the sender ends.
  std::deque<std::string> Next();
  void Transmit(std::deque<std::string>& datagrams);
  // False when there is no way to the address.
  bool Reach();
  void Fail(int error, size_t datagrams = 1);

  const UdpSenderOptions options_;
  Descriptor socket_;  // none while there is no way
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::deque<std::string> queue_;
  size_t queue_bytes_ = 0;
  UdpSenderStatistics statistics_;
  bool stopping_ = false;
  bool transmitting_ = false;
  std::thread thread_;
};

}  // namespace skydive::kernel
