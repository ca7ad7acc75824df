// SPDX-License-Identifier: Apache-2.0
#include "kernel/udp_sender.h"

#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace skydive::kernel {
namespace {

constexpr size_t kBatch = 64;

// None, with errno, when there is no way to the address. Throws std::invalid_argument when it is none.
Descriptor Connect(const std::string& address, uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw std::invalid_argument("'" + address + "' is no IP address");
  }
  Descriptor socket(::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const bool connected = socket && connect(socket.get(), found->ai_addr, found->ai_addrlen) == 0;
  const int reason = errno;
  freeaddrinfo(found);
  if (!connected) socket.Reset();
  errno = reason;
  return socket;
}

// Another connection may find a way again.
bool IsLost(int error) {
  return error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN || error == EADDRNOTAVAIL ||
         error == EINVAL || error == EPERM;
}

}  // namespace

UdpSender::UdpSender(UdpSenderOptions options)
    : options_(std::move(options)), socket_(Connect(options_.address, options_.port)) {
  if (!socket_ && !options_.patient) {
    throw std::system_error(errno, std::generic_category(), "cannot send to " + options_.address);
  }
  // Signals are for the main thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

UdpSender::~UdpSender() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void UdpSender::Send(std::string datagram) {
  {
    const std::lock_guard lock(mutex_);
    queue_bytes_ += datagram.size();
    queue_.push_back(std::move(datagram));
    while (queue_bytes_ > options_.queue_bytes) {
      queue_bytes_ -= queue_.front().size();
      queue_.pop_front();
      ++statistics_.dropped;
    }
  }
  wake_.notify_one();
}

UdpSenderStatistics UdpSender::Statistics() {
  const std::lock_guard lock(mutex_);
  UdpSenderStatistics statistics = statistics_;
  statistics.queued = queue_.size();
  return statistics;
}

void UdpSender::Flush(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  done_.wait_for(lock, patience, [this] { return queue_.empty() && !transmitting_; });
}

void UdpSender::Run() {
  using Clock = std::chrono::steady_clock;
  const auto pause = std::chrono::nanoseconds(1000000000) / std::max(1u, options_.datagrams_per_second);
  Clock::time_point due = Clock::now();
  for (;;) {
    std::deque<std::string> datagrams = Next();
    if (datagrams.empty()) return;
    // A receiver has a small buffer: what comes at once is spread. Pauses shorter than a timer's grain are
    // saved up.
    due = std::max(due, Clock::now() - std::chrono::milliseconds(1)) + pause * datagrams.size();
    Transmit(datagrams);
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, due, [this] { return stopping_; });
  }
}

std::deque<std::string> UdpSender::Next() {
  std::unique_lock lock(mutex_);
  transmitting_ = false;
  if (queue_.empty()) done_.notify_all();
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  std::deque<std::string> datagrams;
  if (stopping_) return datagrams;
  while (!queue_.empty() && datagrams.size() < kBatch) {
    queue_bytes_ -= queue_.front().size();
    datagrams.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  transmitting_ = true;
  return datagrams;
}

bool UdpSender::Reach() {
  if (!socket_) socket_ = Connect(options_.address, options_.port);
  return bool(socket_);
}

void UdpSender::Transmit(std::deque<std::string>& datagrams) {
  if (!Reach()) {
    Fail(errno, datagrams.size());
    return;
  }
  iovec vectors[kBatch];
  mmsghdr messages[kBatch] = {};
  const auto count = unsigned(datagrams.size());
  for (unsigned i = 0; i < count; ++i) {
    vectors[i] = {datagrams[i].data(), datagrams[i].size()};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (unsigned done = 0; done < count;) {
    const int sent = sendmmsg(socket_.get(), messages + done, count - done, MSG_NOSIGNAL);
    if (sent > 0) {
      done += unsigned(sent);
      const std::lock_guard lock(mutex_);
      statistics_.sent += unsigned(sent);
    } else if (errno == EINTR) {
      continue;
    } else if (errno == ECONNREFUSED) {
      // Says that nobody took an earlier one; this one was not sent and goes now.
      Fail(errno);
      const std::lock_guard lock(mutex_);
      if (statistics_.sent > 0) --statistics_.sent;
    } else if (const int reason = errno; options_.patient && IsLost(reason)) {
      Fail(reason, count - done);
      socket_.Reset();
      return;
    } else {
      Fail(reason);
      ++done;
    }
  }
}

void UdpSender::Fail(int error, size_t datagrams) {
  const std::lock_guard lock(mutex_);
  statistics_.failed += datagrams;
  statistics_.error = error;
}

}  // namespace skydive::kernel
