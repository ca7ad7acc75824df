// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap_socket_capture.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace skydive::capture {
namespace {

enum Id : uint64_t { kListener, kTimer, kFirstConnection };

constexpr int64_t kSecondNs = 1000000000;
constexpr int64_t kAcceptAgainMs = 1000;
// Packets that are counted before the other captures of the thread get their turn.
constexpr size_t kBudget = 16384;
constexpr size_t kPacketsAtOnce = 512;
constexpr int kReadsAtOnce = 16;

int64_t Now(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * kSecondNs + now.tv_nsec;
}

std::string SocketText(const std::string& address, uint16_t port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? '[' + address + ']' : address) + ':' + std::to_string(port);
}

}  // namespace

PcapSocketCapture::PcapSocketCapture(PcapSocketOptions options, const layers::UdpPorts& ports, Notify notify)
    : LiveCapture(options.table, ports, std::move(notify)),
      options_(std::move(options)),
      listener_(std::in_place, options_.address, options_.min_port, options_.max_port),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      next_id_(kFirstConnection) {
  if (!epoll_ || !timer_) throw std::system_error(errno, std::generic_category(), "cannot wait for connections");
  streams_.address = SocketText(options_.address, listener_->port());
  Add(listener_->fd(), kListener);
  Add(timer_.get(), kTimer);
  Start();
}

void PcapSocketCapture::Add(int fd, uint64_t id) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = id;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot wait for a connection");
  }
}

void PcapSocketCapture::Drain() {
  constexpr int kMaxEvents = 64;
  epoll_event events[kMaxEvents];
  size_t budget = kBudget;
  const int ready = epoll_wait(epoll_.get(), events, kMaxEvents, 0);
  for (int i = 0; i < ready; ++i) {
    if (events[i].data.u64 == kListener) {
      Accept();
    } else if (events[i].data.u64 == kTimer) {
      uint64_t count;
      [[maybe_unused]] const ssize_t size = read(timer_.get(), &count, sizeof count);
    } else if (const auto at = connections_.find(events[i].data.u64); at != connections_.end()) {
      Serve(*at->second, budget);
    }
  }
  for (auto at = connections_.begin(); at != connections_.end();) {
    Connection& connection = *at->second;
    if (connection.stream.waiting()) Serve(connection, budget);
    if (connection.ended && !connection.stream.waiting()) {
      End(connection);
      at = connections_.erase(at);
    } else {
      ++at;
    }
  }
  ArmTimer(budget == 0);
}

void PcapSocketCapture::Accept() {
  for (;;) {
    kernel::Descriptor socket = listener_->Accept();
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN) return;
      // No descriptors or no memory: that does not get better by trying at once.
      const std::lock_guard lock(mutex_);
      streams_.error = "a connection was not accepted: " + std::generic_category().message(errno);
      ++streams_.refused;
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_->fd(), nullptr);
      accepting_ = false;
      accept_again_ms_ = Now(CLOCK_REALTIME) / 1000000 + kAcceptAgainMs;
      return;
    }
    const std::lock_guard lock(mutex_);
    if (connections_.size() >= kMaxConnections) {
      ++streams_.refused;
      streams_.error = "a connection was refused: there are " + std::to_string(kMaxConnections) + " already";
      continue;
    }
    const int64_t deadline_ms = Now(CLOCK_REALTIME) / 1000000 + options_.header_ms;
    const uint64_t id = next_id_++;
    auto connection = std::make_unique<Connection>(id, std::move(socket), options_.filter, deadline_ms);
    Watch(*connection, true);
    connections_.emplace(id, std::move(connection));
    ++streams_.open;
  }
}

void PcapSocketCapture::Watch(Connection& connection, bool watched) {
  if (connection.watched == watched) return;
  connection.watched = watched;
  if (watched) {
    Add(connection.socket.get(), connection.id);
  } else {
    // Taken out, not masked: a connection that is reset would wake for ever.
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.socket.get(), nullptr);
  }
}

void PcapSocketCapture::Serve(Connection& connection, size_t& budget) {
  for (int reads = 0;; ++reads) {
    Replay(connection, budget);
    // What waits is all that is kept of a stream: the rest waits at the sender's.
    if (connection.stream.waiting() || connection.ended) break;
    if (budget == 0 || reads == kReadsAtOnce) break;
    const ssize_t size = read(connection.socket.get(), buffer_.data(), buffer_.size());
    if (size > 0) {
      if (!connection.stream.Feed({buffer_.data(), size_t(size)})) connection.ended = true;
    } else if (size == 0) {
      connection.stream.Finish();
      connection.ended = true;
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      connection.stream.Finish();
      connection.ended = true;
    }
  }
  Watch(connection, !connection.stream.waiting() && !connection.ended);
}

void PcapSocketCapture::Replay(Connection& connection, size_t& budget) {
  while (connection.stream.waiting() && budget > 0) {
    const int64_t now_ns = Now(CLOCK_MONOTONIC);
    packets_.clear();
    connection.stream.TakeDue(now_ns, Now(CLOCK_REALTIME) - now_ns, std::min(budget, kPacketsAtOnce), packets_);
    if (packets_.empty()) return;
    budget -= packets_.size();
    received_ += packets_.size();
    Process(packets_);
  }
}

void PcapSocketCapture::End(Connection& connection) {
  Watch(connection, false);
  const std::lock_guard lock(mutex_);
  --streams_.open;
  ++streams_.ended;
  if (connection.stream.error().empty()) return;
  ++streams_.failed;
  streams_.error = connection.stream.error();
}

void PcapSocketCapture::ArmTimer(bool at_once) {
  int64_t due_ns = PcapStream::kNever;
  for (const auto& [id, connection] : connections_) due_ns = std::min(due_ns, connection->stream.due_ns());
  if (at_once) due_ns = 1;
  itimerspec when{};
  if (due_ns != PcapStream::kNever) {
    // Zero would disarm it.
    due_ns = std::max<int64_t>(1, due_ns);
    when.it_value = {time_t(due_ns / kSecondNs), long(due_ns % kSecondNs)};
  }
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

int64_t PcapSocketCapture::Poll(int64_t now_ms) {
  if (now_ms == kNever) return kNever;
  int64_t next_ms = kNever;
  if (!accepting_) {
    if (now_ms >= accept_again_ms_) {
      accepting_ = true;
      Add(listener_->fd(), kListener);
    } else {
      next_ms = accept_again_ms_;
    }
  }
  for (auto at = connections_.begin(); at != connections_.end();) {
    Connection& connection = *at->second;
    const bool silent = !connection.stream.recognized();
    if (silent && now_ms >= connection.deadline_ms) {
      connection.stream.Finish();
      End(connection);
      at = connections_.erase(at);
      continue;
    }
    if (silent) next_ms = std::min(next_ms, connection.deadline_ms);
    ++at;
  }
  return next_ms;
}

void PcapSocketCapture::AddStats(CaptureStats& stats) {
  stats.packets_received = received_;
  stats.streams = streams_;
}

void PcapSocketCapture::Release() {
  connections_.clear();
  streams_.open = 0;
  listener_.reset();
}

}  // namespace skydive::capture
