// SPDX-License-Identifier: Apache-2.0
#include "kernel/tcp_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace skydive::kernel {
namespace {

constexpr int kBacklog = 16;

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

void Set(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); }

}  // namespace

TcpListener::TcpListener(const std::string& address, uint16_t min_port, uint16_t max_port) {
  SocketAddress own{};
  socklen_t size = sizeof own.v4;
  if (inet_pton(AF_INET, address.c_str(), &own.v4.sin_addr) == 1) {
    own.v4.sin_family = AF_INET;
  } else if (own = {}; inet_pton(AF_INET6, address.c_str(), &own.v6.sin6_addr) == 1) {
    own.v6.sin6_family = AF_INET6;
    size = sizeof own.v6;
  } else {
    throw std::invalid_argument("'" + address + "' is no IP address to listen on");
  }
  if (max_port < min_port) {
    throw std::invalid_argument("there is no port from " + std::to_string(min_port) + " to " + std::to_string(max_port));
  }
  int reason = EADDRINUSE;
  for (uint32_t port = min_port; port <= max_port; ++port) {
    (own.any.sa_family == AF_INET6 ? own.v6.sin6_port : own.v4.sin_port) = htons(uint16_t(port));
    socket_.Reset(socket(own.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) {
      reason = errno;
      break;
    }
    // A port whose last connections are still remembered is free.
    Set(socket_.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(socket_.get(), &own.any, size) == 0 && listen(socket_.get(), kBacklog) == 0) {
      port_ = uint16_t(port);
      return;
    }
    reason = errno;
    if (reason != EADDRINUSE && reason != EACCES) break;
  }
  throw std::system_error(reason, std::generic_category(),
                          "cannot listen on " + address + ", TCP ports " + std::to_string(min_port) + " to " +
                              std::to_string(max_port));
}

Descriptor TcpListener::Accept() const {
  Descriptor connection(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!connection) return connection;
  const int fd = connection.get();
  Set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  Set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  Set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  Set(fd, IPPROTO_TCP, TCP_KEEPCNT, 5);
  return connection;
}

}  // namespace skydive::kernel
