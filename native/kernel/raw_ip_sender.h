// SPDX-License-Identifier: Apache-2.0
// Sends packets of an IP protocol of their own to one address: the kernel puts the IP header before them (raw(7)).
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "kernel/descriptor.h"

namespace skydive::kernel {

struct RawIpStatistics {
  std::atomic<uint64_t> sent = 0;
  std::atomic<uint64_t> dropped = 0;  // the socket's buffer was full
  std::atomic<uint64_t> failed = 0;   // the kernel refused them
  std::atomic<int> error = 0;         // errno of the latest failure
};

class RawIpSender {
 public:
  // The address is in digits, IPv4 or IPv6; there may be no way to it. Throws std::system_error without the right to
  // open the socket (CAP_NET_RAW), or std::invalid_argument when the address is none.
  RawIpSender(const std::string& address, int protocol);

  // Packets of so many pieces each, one after the other. Never waits.
  void Send(std::span<iovec> pieces, size_t pieces_a_packet);
  // May be read by any thread.
  const RawIpStatistics& statistics() const { return statistics_; }

 private:
  static constexpr unsigned kBatch = 64;

  void Transmit(mmsghdr* messages, unsigned count);

  sockaddr_storage address_{};
  socklen_t address_bytes_ = 0;
  Descriptor socket_;
  RawIpStatistics statistics_;
};

}  // namespace skydive::kernel
