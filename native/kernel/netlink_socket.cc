// SPDX-License-Identifier: Apache-2.0
#include "kernel/netlink_socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace skydive::kernel {
namespace {

// Dump answers are at most 32 KiB unless one object alone is larger (a link with hundreds of VFs).
constexpr size_t kAnswerBytes = 256 << 10;

// One buffer a thread for all its sockets, not zeroed: only the pages that are written exist.
uint8_t* Buffer() {
  thread_local std::unique_ptr<uint8_t[]> buffer(new uint8_t[kAnswerBytes]);
  return buffer.get();
}

// The size of the datagram, which may exceed what fitted into the buffer; negative on failure.
ssize_t ReceiveFromKernel(int fd, int flags) {
  for (;;) {
    sockaddr_nl from{};
    iovec part{Buffer(), kAnswerBytes};
    msghdr header{};
    header.msg_name = &from;
    header.msg_namelen = sizeof(from);
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    ssize_t size = recvmsg(fd, &header, flags | MSG_TRUNC);
    if (size < 0 && errno == EINTR) continue;
    // Only the kernel has port 0; another process may send to our port.
    if (size >= 0 && from.nl_pid != 0) continue;
    return size;
  }
}

}  // namespace

NetlinkSocket NetlinkSocket::Open() {
  Descriptor fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) throw std::system_error(errno, std::generic_category(), "cannot open a netlink socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot bind a netlink socket");
  }
  timeval patience{5, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return NetlinkSocket(std::move(fd));
}

bool NetlinkSocket::Subscribe(int group) {
  return setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0;
}

void NetlinkSocket::SetReceiveBuffer(int bytes) {
  if (setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0) {
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  }
}

Received NetlinkSocket::Receive(Bytes& data) {
  ssize_t size = ReceiveFromKernel(fd_.get(), MSG_DONTWAIT);
  if (size < 0) return errno == ENOBUFS ? Received::kOverrun : Received::kEmpty;
  if (static_cast<size_t>(size) > kAnswerBytes) return Received::kOverrun;
  data = Bytes(Buffer(), static_cast<size_t>(size));
  return Received::kData;
}

bool NetlinkSocket::Send(uint16_t type, uint16_t flags, Bytes request) {
  std::vector<uint8_t> bytes(NLMSG_LENGTH(request.size()));
  nlmsghdr header{};
  header.nlmsg_len = static_cast<uint32_t>(bytes.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  header.nlmsg_seq = ++sequence_;
  std::memcpy(bytes.data(), &header, sizeof(header));
  if (!request.empty()) std::memcpy(bytes.data() + NLMSG_HDRLEN, request.data(), request.size());
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  return sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof(kernel)) ==
         static_cast<ssize_t>(bytes.size());
}

Dumped NetlinkSocket::Dump(uint16_t type, Bytes request, const std::function<void(const Message&)>& visit) {
  if (!Send(type, NLM_F_DUMP, request)) return Dumped::kFailed;
  bool interrupted = false;
  for (;;) {
    ssize_t size = ReceiveFromKernel(fd_.get(), 0);
    if (size < 0 || static_cast<size_t>(size) > kAnswerBytes) return Dumped::kFailed;
    MessageCursor messages(Bytes(Buffer(), static_cast<size_t>(size)));
    Message message;
    while (messages.Next(message)) {
      // Answers to an earlier request that timed out.
      if (message.sequence != sequence_) continue;
      if (message.flags & NLM_F_DUMP_INTR) interrupted = true;
      if (message.type == NLMSG_DONE) return interrupted ? Dumped::kInterrupted : Dumped::kComplete;
      if (message.type == NLMSG_ERROR) return Dumped::kFailed;
      visit(message);
    }
  }
}

std::vector<uint8_t> NetlinkSocket::Ask(uint16_t type, Bytes request) {
  if (!Send(type, 0, request)) return {};
  for (;;) {
    ssize_t size = ReceiveFromKernel(fd_.get(), 0);
    if (size < 0 || static_cast<size_t>(size) > kAnswerBytes) return {};
    MessageCursor messages(Bytes(Buffer(), static_cast<size_t>(size)));
    Message message;
    while (messages.Next(message)) {
      if (message.sequence != sequence_) continue;
      if (message.type == NLMSG_ERROR) return {};
      return {message.payload.begin(), message.payload.end()};
    }
  }
}

int NetlinkSocket::Do(uint16_t type, uint16_t flags, Bytes request) {
  if (!Send(type, uint16_t(NLM_F_ACK | flags), request)) return -1;
  for (;;) {
    ssize_t size = ReceiveFromKernel(fd_.get(), 0);
    if (size < 0) return -1;
    MessageCursor messages(Bytes(Buffer(), std::min(static_cast<size_t>(size), kAnswerBytes)));
    Message message;
    while (messages.Next(message)) {
      if (message.sequence != sequence_ || message.type != NLMSG_ERROR) continue;
      errno = -ReadAs<nlmsgerr>(message.payload).value_or(nlmsgerr{-EBADMSG, {}}).error;
      return errno == 0 ? 0 : -1;
    }
  }
}

}  // namespace skydive::kernel
