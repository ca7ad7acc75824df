// SPDX-License-Identifier: Apache-2.0
// The threads that serve all live captures: each sleeps until one of its rings has packets or a timer is due.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "capture/live_capture.h"
#include "kernel/descriptor.h"

namespace skydive::capture {

class CapturePool {
 public:
  static CapturePool& Instance();

  void Add(LiveCapture& capture);
  // When this returns no thread touches the capture any more.
  void Remove(LiveCapture& capture);

 private:
  // More threads than this would only share the cores they take from what is captured.
  static constexpr size_t kMaxThreads = 2;

  struct Worker {
    kernel::Descriptor epoll;
    kernel::Descriptor wake;
    std::mutex mutex;  // held while captures are served
    std::vector<LiveCapture*> captures;
    bool stopping = false;
    std::thread thread;
  };

  static void Run(Worker& worker);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace skydive::capture
