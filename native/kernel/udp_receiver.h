// SPDX-License-Identifier: Apache-2.0
// A UDP socket that is read in batches (recvmmsg(2)).
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/descriptor.h"

namespace skydive::kernel {

struct UdpSource {
  // IPv6's form for IPv4 too: `::ffff:a.b.c.d`
  uint8_t address[16] = {};
  uint16_t port = 0;

  std::string Text() const;
};

class UdpReceiver {
 public:
  // Datagrams that one call reads at most.
  static constexpr size_t kBatch = 128;

  // Binds to a numeric IPv4 or IPv6 address (`::` takes both). Throws std::system_error naming address and
  // port.
  UdpReceiver(const std::string& address, uint16_t port, size_t receive_bytes);

  int fd() const { return socket_.get(); }
  uint16_t port() const { return port_; }
  // Datagrams that wait, none when there are none now; valid until the next call. One that was longer than
  // the room for it is empty.
  std::span<const std::string_view> Read();
  // Who sent such a datagram of the latest call: address and port.
  UdpSource Source(size_t datagram) const;
  // Datagrams that the kernel dropped because the socket's buffer was full.
  uint64_t Dropped() const;

 private:
  static constexpr size_t kRoom = 1 << 16;

  Descriptor socket_;
  uint16_t port_ = 0;
  std::unique_ptr<uint8_t[]> buffer_;
  std::vector<iovec> parts_;
  std::vector<mmsghdr> headers_;
  std::vector<sockaddr_in6> sources_;
  std::vector<std::string_view> datagrams_;
};

}  // namespace skydive::kernel
