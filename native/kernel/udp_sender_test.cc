// SPDX-License-Identifier: Apache-2.0
#include "kernel/udp_sender.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

namespace skydive::kernel {
namespace {

using std::chrono::milliseconds;

struct Receiver {
  Receiver() : socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    bind(socket.get(), reinterpret_cast<sockaddr*>(&own), size);
    getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size);
    port = ntohs(own.sin_port);
  }

  // Datagrams that are there.
  size_t Count() const {
    size_t count = 0;
    for (char byte; recv(socket.get(), &byte, 1, MSG_DONTWAIT) >= 0;) ++count;
    return count;
  }

  Descriptor socket;
  uint16_t port = 0;
};

UdpSenderOptions Loopback(uint16_t port) {
  UdpSenderOptions options;
  options.address = "127.0.0.1";
  options.port = port;
  return options;
}

TEST(UdpSender, FlushWaitsUntilAllIsSent) {
  const Receiver receiver;
  UdpSender sender(Loopback(receiver.port));
  for (int i = 0; i < 150; ++i) sender.Send("datagram");
  sender.Flush(milliseconds(60000));
  EXPECT_EQ(sender.Statistics().sent, 150u);
  EXPECT_EQ(receiver.Count(), 150u);
  sender.Flush(milliseconds(60000));
}

// In a network namespace whose loopback is down there is no way to anywhere.
TEST(UdpSender, APatientOneFindsTheWayWhenThereIsOne) {
  bool entered = false;
  std::thread inside([&entered] {
    entered = unshare(CLONE_NEWNET) == 0;
    if (!entered) return;
    const Receiver receiver;
    UdpSenderOptions options = Loopback(receiver.port);
    EXPECT_THROW(UdpSender{options}, std::system_error);
    options.patient = true;
    UdpSender sender(options);
    for (int i = 0; i < 3; ++i) sender.Send("lost");
    sender.Flush(milliseconds(60000));
    const UdpSenderStatistics statistics = sender.Statistics();
    EXPECT_EQ(statistics.sent, 0u);
    EXPECT_EQ(statistics.failed, 3u);
    EXPECT_EQ(statistics.error, ENETUNREACH);
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP;
    ASSERT_EQ(ioctl(receiver.socket.get(), SIOCSIFFLAGS, &loopback), 0);
    for (int i = 0; i < 3; ++i) sender.Send("arrives");
    sender.Flush(milliseconds(60000));
    EXPECT_EQ(sender.Statistics().sent, 3u);
    EXPECT_EQ(receiver.Count(), 3u);
  });
  inside.join();
  if (!entered) GTEST_SKIP() << "needs the right to make a network namespace";
}

}  // namespace
}  // namespace skydive::kernel
