// SPDX-License-Identifier: Apache-2.0
#include "kernel/udp_receiver.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <system_error>

namespace skydive::kernel {
namespace {

// A socket that sends to a port of this host.
class Sender {
 public:
  Sender(int family, uint16_t port) : socket_(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (family == AF_INET) {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      to.sin_port = htons(port);
      Connect(&to, sizeof to);
    } else {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_addr = in6addr_loopback;
      to.sin6_port = htons(port);
      Connect(&to, sizeof to);
    }
  }

  bool ok() const { return ok_; }
  uint16_t port() const { return port_; }
  void Send(const std::string& text) { EXPECT_EQ(send(socket_.get(), text.data(), text.size(), 0), ssize_t(text.size())); }

 private:
  void Connect(const void* to, socklen_t size) {
    ok_ = connect(socket_.get(), static_cast<const sockaddr*>(to), size) == 0;
    sockaddr_in6 own{};
    socklen_t own_size = sizeof own;
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&own), &own_size);
    port_ = ntohs(own.sin6_port);
  }

  Descriptor socket_;
  bool ok_ = false;
  uint16_t port_ = 0;
};

void Wait(const UdpReceiver& receiver) {
  pollfd watched{receiver.fd(), POLLIN, 0};
  ASSERT_EQ(poll(&watched, 1, 10000), 1);
}

TEST(UdpReceiver, SaysWhoSentADatagram) {
  UdpReceiver receiver("127.0.0.1", 0, 1 << 20);
  Sender sender(AF_INET, receiver.port());
  sender.Send("one");
  Wait(receiver);
  const auto datagrams = receiver.Read();
  ASSERT_EQ(datagrams.size(), 1u);
  EXPECT_EQ(datagrams[0], "one");
  EXPECT_EQ(receiver.Source(0).port, sender.port());
  EXPECT_EQ(receiver.Source(0).Text(), "127.0.0.1:" + std::to_string(sender.port()));
  EXPECT_TRUE(receiver.Read().empty());
}

TEST(UdpReceiver, OnAllAddressesTakesBothVersionsOfIp) {
  UdpReceiver receiver("::", 0, 1 << 20);
  Sender four(AF_INET, receiver.port());
  four.Send("four");
  Wait(receiver);
  ASSERT_EQ(receiver.Read().size(), 1u);
  EXPECT_EQ(receiver.Source(0).Text(), "127.0.0.1:" + std::to_string(four.port()));
  Sender six(AF_INET6, receiver.port());
  if (!six.ok()) GTEST_SKIP() << "needs IPv6";
  six.Send("six");
  Wait(receiver);
  ASSERT_EQ(receiver.Read().size(), 1u);
  EXPECT_EQ(receiver.Source(0).Text(), "[::1]:" + std::to_string(six.port()));
}

TEST(UdpReceiver, CountsWhatTheKernelDropped) {
  UdpReceiver receiver("127.0.0.1", 0, 4096);
  Sender sender(AF_INET, receiver.port());
  constexpr uint64_t kSent = 1000;
  for (uint64_t i = 0; i < kSent; ++i) sender.Send(std::string(1000, 'x'));
  uint64_t read = 0;
  for (auto datagrams = receiver.Read(); !datagrams.empty(); datagrams = receiver.Read()) read += datagrams.size();
  EXPECT_GT(receiver.Dropped(), 0u);
  EXPECT_EQ(read + receiver.Dropped(), kSent);
}

TEST(UdpReceiver, APortThatIsTakenIsNamed) {
  UdpReceiver receiver("127.0.0.1", 0, 4096);
  try {
    UdpReceiver second("127.0.0.1", receiver.port(), 4096);
    FAIL();
  } catch (const std::system_error& failure) {
    EXPECT_EQ(failure.code().value(), EADDRINUSE);
    const std::string where = "cannot receive flows on UDP 127.0.0.1:" + std::to_string(receiver.port());
    EXPECT_EQ(std::string(failure.what()).find(where), 0u) << failure.what();
  }
}

}  // namespace
}  // namespace skydive::kernel
