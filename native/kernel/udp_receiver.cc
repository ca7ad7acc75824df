// SPDX-License-Identifier: Apache-2.0
#include "kernel/udp_receiver.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernel/address_text.h"

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

namespace skydive::kernel {
namespace {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

std::string Spelled(const std::string& address, uint16_t port) {
  return (address.find(':') != std::string::npos ? '[' + address + ']' : address) + ':' + std::to_string(port);
}

constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

[[noreturn]] void Fail(int reason, const std::string& what) {
  throw std::system_error(reason, std::generic_category(), what);
}

}  // namespace

UdpReceiver::UdpReceiver(const std::string& address, uint16_t port, size_t receive_bytes) {
  const std::string where = "cannot receive flows on UDP " + Spelled(address, port);
  SocketAddress own{};
  socklen_t size = 0;
  if (inet_pton(AF_INET, address.c_str(), &own.v4.sin_addr) == 1) {
    own.v4.sin_family = AF_INET;
    own.v4.sin_port = htons(port);
    size = sizeof own.v4;
  } else if (inet_pton(AF_INET6, address.c_str(), &own.v6.sin6_addr) == 1) {
    own.v6.sin6_family = AF_INET6;
    own.v6.sin6_port = htons(port);
    size = sizeof own.v6;
  } else {
    Fail(EINVAL, where);
  }
  socket_.Reset(socket(own.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) Fail(errno, where);
  const int both = 0;
  if (own.any.sa_family == AF_INET6) {
    setsockopt(socket_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both);
  }
  // Beyond the limit of net.core.rmem_max with privileges, else as much as it allows.
  const int bytes = int(std::min<size_t>(receive_bytes, 1 << 30));
  if (setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0) {
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  if (bind(socket_.get(), &own.any, size) < 0) Fail(errno, where);
  size = sizeof own;
  if (getsockname(socket_.get(), &own.any, &size) < 0) Fail(errno, where);
  port_ = ntohs(own.any.sa_family == AF_INET6 ? own.v6.sin6_port : own.v4.sin_port);
  // Only what datagrams fill of it becomes memory.
  buffer_ = std::make_unique_for_overwrite<uint8_t[]>(kBatch * kRoom);
  parts_.resize(kBatch);
  headers_.resize(kBatch);
  sources_.resize(kBatch);
  datagrams_.resize(kBatch);
  for (size_t i = 0; i < kBatch; ++i) {
    parts_[i] = {buffer_.get() + i * kRoom, kRoom};
    headers_[i].msg_hdr.msg_iov = &parts_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &sources_[i];
  }
}

std::span<const std::string_view> UdpReceiver::Read() {
  for (mmsghdr& header : headers_) {
    header.msg_hdr.msg_flags = 0;
    header.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
  }
  const int count = recvmmsg(socket_.get(), headers_.data(), kBatch, MSG_DONTWAIT, nullptr);
  // Errors are those of single datagrams (ICMP) or none at all.
  if (count <= 0) return {};
  for (int i = 0; i < count; ++i) {
    const bool cut = (headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    datagrams_[i] = {static_cast<const char*>(parts_[i].iov_base), cut ? 0 : headers_[i].msg_len};
  }
  return std::span(datagrams_.data(), size_t(count));
}

UdpSource UdpReceiver::Source(size_t datagram) const {
  UdpSource source;
  const sockaddr_in6& from = sources_[datagram];
  if (from.sin6_family == AF_INET6) {
    std::memcpy(source.address, &from.sin6_addr, sizeof source.address);
    source.port = ntohs(from.sin6_port);
    return source;
  }
  sockaddr_in v4;
  std::memcpy(&v4, &from, sizeof v4);
  std::memcpy(source.address, kMapped, sizeof kMapped);
  std::memcpy(source.address + sizeof kMapped, &v4.sin_addr, 4);
  source.port = ntohs(v4.sin_port);
  return source;
}

std::string UdpSource::Text() const {
  const bool mapped = std::memcmp(address, kMapped, sizeof kMapped) == 0;
  const Bytes bytes(address, sizeof address);
  return Spelled(IpText(mapped ? bytes.subspan(sizeof kMapped) : bytes), port);
}

uint64_t UdpReceiver::Dropped() const {
  uint32_t values[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof values;
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_MEMINFO, values, &size) < 0) return 0;
  return values[SK_MEMINFO_DROPS];
}

}  // namespace skydive::kernel
