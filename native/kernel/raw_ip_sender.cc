// SPDX-License-Identifier: Apache-2.0
#include "kernel/raw_ip_sender.h"

#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace skydive::kernel {
namespace {

constexpr int kSendBytes = 8 << 20;

}  // namespace

RawIpSender::RawIpSender(const std::string& address, int protocol) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), nullptr, &hints, &found) != 0) {
    throw std::invalid_argument("'" + address + "' is no IP address");
  }
  std::memcpy(&address_, found->ai_addr, found->ai_addrlen);
  address_bytes_ = found->ai_addrlen;
  const int family = found->ai_family;
  freeaddrinfo(found);
  socket_.Reset(socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!socket_) {
    throw std::system_error(errno, std::generic_category(), "cannot open a raw socket (needs CAP_NET_RAW)");
  }
  const int fd = socket_.get();
  // What others send by this protocol to this host is not for us.
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot close a raw socket to what comes in");
  }
  // What is larger than a frame is sent in fragments.
  const int fragments = IP_PMTUDISC_DONT;
  if (family == AF_INET) {
    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &fragments, sizeof fragments);
  } else {
    setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &fragments, sizeof fragments);
  }
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBytes, sizeof kSendBytes) < 0) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBytes, sizeof kSendBytes);
  }
}

void RawIpSender::Send(std::span<iovec> pieces, size_t pieces_a_packet) {
  mmsghdr messages[kBatch];
  while (pieces.size() >= pieces_a_packet) {
    const auto count = unsigned(std::min<size_t>(kBatch, pieces.size() / pieces_a_packet));
    for (unsigned i = 0; i < count; ++i) {
      messages[i] = {};
      messages[i].msg_hdr.msg_name = &address_;
      messages[i].msg_hdr.msg_namelen = address_bytes_;
      messages[i].msg_hdr.msg_iov = &pieces[i * pieces_a_packet];
      messages[i].msg_hdr.msg_iovlen = pieces_a_packet;
    }
    Transmit(messages, count);
    pieces = pieces.subspan(count * pieces_a_packet);
  }
}

void RawIpSender::Transmit(mmsghdr* messages, unsigned count) {
  for (unsigned done = 0; done < count;) {
    const int sent = sendmmsg(socket_.get(), messages + done, count - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      done += unsigned(sent);
      statistics_.sent += unsigned(sent);
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      statistics_.dropped += count - done;
      return;
    } else if (errno != EINTR) {
      // An error that an earlier packet brought is told once, in place of one that could go.
      statistics_.error = errno;
      ++statistics_.failed;
      ++done;
    }
  }
}

}  // namespace skydive::kernel
