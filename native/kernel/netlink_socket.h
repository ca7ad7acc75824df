// SPDX-License-Identifier: Apache-2.0
// A NETLINK_ROUTE socket of the namespace the calling thread is in when it is opened.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "kernel/descriptor.h"
#include "kernel/netlink_cursor.h"

namespace skydive::kernel {

enum class Received { kData, kEmpty, kOverrun };
enum class Dumped { kComplete, kInterrupted, kFailed };

class NetlinkSocket {
 public:
  // Throws std::system_error.
  static NetlinkSocket Open();

  NetlinkSocket(NetlinkSocket&&) = default;
  NetlinkSocket& operator=(NetlinkSocket&&) = default;

  int fd() const { return fd_.get(); }
  // False where this kernel does not know the group.
  bool Subscribe(int group);
  // Beyond net.core.rmem_max where privileges allow.
  void SetReceiveBuffer(int bytes);

  // One datagram without waiting; `data` holds until the thread's next call. kOverrun: the kernel dropped messages
  // (ENOBUFS) or one did not fit.
  Received Receive(Bytes& data);

  // Sends a dump request (a fixed header and its attributes) and hands every answer to `visit`. Waits at most
  // five seconds for each datagram. kInterrupted: the table changed meanwhile (NLM_F_DUMP_INTR).
  Dumped Dump(uint16_t type, Bytes request, const std::function<void(const Message&)>& visit);

  // Sends one request and returns the payload of the first answer, empty on error.
  std::vector<uint8_t> Ask(uint16_t type, Bytes request);

  // Has the kernel change something; 0, or -1 and errno.
  int Do(uint16_t type, uint16_t flags, Bytes request);

 private:
  explicit NetlinkSocket(Descriptor fd) : fd_(std::move(fd)) {}
  bool Send(uint16_t type, uint16_t flags, Bytes request);

  Descriptor fd_;
  uint32_t sequence_ = 0;
};

}  // namespace skydive::kernel
