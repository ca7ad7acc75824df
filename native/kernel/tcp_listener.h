// SPDX-License-Identifier: Apache-2.0
// Takes connections on the first free port of a range.
#pragma once

#include <cstdint>
#include <string>

#include "kernel/descriptor.h"

namespace skydive::kernel {

class TcpListener {
 public:
  // The address is in digits, IPv4 or IPv6. Throws std::system_error naming the range when no port of it is free.
  TcpListener(const std::string& address, uint16_t min_port, uint16_t max_port);

  int fd() const { return socket_.get(); }
  uint16_t port() const { return port_; }
  // A connection that does not block, and notices when the other end is gone; none, with errno, when there is none.
  Descriptor Accept() const;

 private:
  Descriptor socket_;
  uint16_t port_ = 0;
};

}  // namespace skydive::kernel
