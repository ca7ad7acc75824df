// SPDX-License-Identifier: Apache-2.0
#include "kernel/unix_datagram.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace skydive::kernel {

UnixDatagram::UnixDatagram(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    throw std::system_error(ENAMETOOLONG, std::generic_category(), "socket path " + path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "cannot open a socket");
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0) {
    const int reason = errno;
    Close();
    throw std::system_error(reason, std::generic_category(), "cannot connect to " + path);
  }
}

bool UnixDatagram::Send(std::string_view message) {
  if (send(fd_, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
  if (errno == EAGAIN || errno == ENOBUFS || errno == EMSGSIZE || errno == EINTR) return false;
  throw std::system_error(errno, std::generic_category(), "cannot send to the datagram socket");
}

void UnixDatagram::Close() {
  const int fd = std::exchange(fd_, -1);
  if (fd >= 0) close(fd);
}

}  // namespace skydive::kernel
