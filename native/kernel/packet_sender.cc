// SPDX-License-Identifier: Apache-2.0
#include "kernel/packet_sender.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "kernel/network_namespace.h"

namespace skydive::kernel {
namespace {

// How long a full device may take to have room again.
constexpr int kRoomMs = 100;

[[noreturn]] void Fail(const std::string& what, const std::string& interface) {
  throw std::system_error(errno, std::generic_category(), what + " on " + interface);
}

}  // namespace

PacketSender::PacketSender(const std::string& interface, const std::string& namespace_path) {
  const NamespaceHandle where = OpenNamespace(namespace_path);
  InsideNamespace(where, [&] { Open(interface); });
}

void PacketSender::Open(const std::string& interface) {
  const unsigned index = if_nametoindex(interface.c_str());
  if (index == 0) Fail("no such interface to inject packets", interface);
  // Protocol 0: nothing is received.
  socket_.Reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) Fail("cannot open a packet socket (needs CAP_NET_RAW)", interface);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = int(index);
  if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    Fail("cannot inject packets", interface);
}

bool PacketSender::Send(std::span<const uint8_t> frame) {
  for (;;) {
    if (send(socket_.get(), frame.data(), frame.size(), 0) >= 0) return true;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != ENOBUFS) return false;
    const int why = errno;
    pollfd writable{socket_.get(), POLLOUT, 0};
    if (poll(&writable, 1, kRoomMs) <= 0) {
      errno = why;
      return false;
    }
    if (why == ENOBUFS) return false;
  }
}

}  // namespace skydive::kernel
