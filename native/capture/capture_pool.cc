// SPDX-License-Identifier: Apache-2.0
#include "capture/capture_pool.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

namespace skydive::capture {
namespace {

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void Wake(const kernel::Descriptor& event) {
  const uint64_t one = 1;
  // A full counter wakes as well.
  [[maybe_unused]] const ssize_t written = write(event.get(), &one, sizeof one);
}

void Watch(const kernel::Descriptor& epoll, int fd, void* whom) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = whom;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot wait for a capture");
  }
}

}  // namespace

CapturePool& CapturePool::Instance() {
  // Never destroyed: captures may outlive static objects when the process exits.
  static auto* pool = new CapturePool();
  return *pool;
}

void CapturePool::Add(LiveCapture& capture) {
  const std::lock_guard lock(mutex_);
  const auto fewer = [](const auto& a, const auto& b) { return a->captures.size() < b->captures.size(); };
  auto chosen = std::min_element(workers_.begin(), workers_.end(), fewer);
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  if (chosen == workers_.end() ||
      ((*chosen)->captures.size() > 0 && workers_.size() < std::min(kMaxThreads, cores))) {
    auto worker = std::make_unique<Worker>();
    worker->epoll.Reset(epoll_create1(EPOLL_CLOEXEC));
    worker->wake.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!worker->epoll || !worker->wake) {
      throw std::system_error(errno, std::generic_category(), "cannot wait for packets");
    }
    Watch(worker->epoll, worker->wake.get(), nullptr);
    workers_.push_back(std::move(worker));
    chosen = std::prev(workers_.end());
  }
  Worker& worker = **chosen;
  {
    const std::lock_guard serving(worker.mutex);
    Watch(worker.epoll, capture.fd(), &capture);
    worker.captures.push_back(&capture);
  }
  if (!worker.thread.joinable()) {
    // Signals are for the main thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    worker.thread = std::thread([&worker] { Run(worker); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  Wake(worker.wake);
}

void CapturePool::Remove(LiveCapture& capture) {
  const std::lock_guard lock(mutex_);
  for (auto at = workers_.begin(); at != workers_.end(); ++at) {
    Worker& worker = **at;
    bool last = false;
    {
      const std::lock_guard serving(worker.mutex);
      const auto found = std::find(worker.captures.begin(), worker.captures.end(), &capture);
      if (found == worker.captures.end()) continue;
      epoll_ctl(worker.epoll.get(), EPOLL_CTL_DEL, capture.fd(), nullptr);
      worker.captures.erase(found);
      last = worker.stopping = worker.captures.empty();
    }
    if (last) {
      Wake(worker.wake);
      worker.thread.join();
      workers_.erase(at);
    }
    return;
  }
}

void CapturePool::Run(Worker& worker) {
  constexpr int kMaxEvents = 64;
  epoll_event events[kMaxEvents];
  int timeout_ms = 0;
  for (;;) {
    const int ready = epoll_wait(worker.epoll.get(), events, kMaxEvents, timeout_ms);
    const std::lock_guard serving(worker.mutex);
    if (worker.stopping) return;
    for (int i = 0; i < ready; ++i) {
      if (events[i].data.ptr == nullptr) {
        uint64_t count;
        [[maybe_unused]] const ssize_t size = read(worker.wake.get(), &count, sizeof count);
        continue;
      }
      // A capture removed while this thread waited is in the events still.
      auto* capture = static_cast<LiveCapture*>(events[i].data.ptr);
      const bool served =
          std::find(worker.captures.begin(), worker.captures.end(), capture) != worker.captures.end();
      if (served) capture->Drain();
    }
    const int64_t now_ms = NowMs();
    int64_t next_ms = now_ms + 60000;
    for (LiveCapture* capture : worker.captures) next_ms = std::min(next_ms, capture->Tick(now_ms));
    timeout_ms = int(std::max<int64_t>(1, next_ms - now_ms));
  }
}

}  // namespace skydive::capture
