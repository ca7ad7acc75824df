// SPDX-License-Identifier: Apache-2.0
// A connected datagram socket of the Unix domain (unix(7)), which Node cannot open: the system log listens on one.
#pragma once

#include <string>
#include <string_view>

namespace skydive::kernel {

class UnixDatagram {
 public:
  // Throws std::system_error naming the path.
  explicit UnixDatagram(const std::string& path);
  UnixDatagram(const UnixDatagram&) = delete;
  UnixDatagram& operator=(const UnixDatagram&) = delete;
  ~UnixDatagram() { Close(); }

  // Never waits: false when the receiver's queue is full or the message too long for it.
  // Throws std::system_error when the receiver is gone.
  bool Send(std::string_view message);
  void Close();

 private:
  int fd_ = -1;
};

}  // namespace skydive::kernel
