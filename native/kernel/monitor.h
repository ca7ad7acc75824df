// SPDX-License-Identifier: Apache-2.0
// Follows any number of network namespaces with one thread and hands over what changed, batch by batch. At most one
// batch is under way: the next is made when the last was acknowledged, of whatever has changed by then. The first
// change of a quiet period goes out at once.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernel/descriptor.h"
#include "kernel/watched_namespace.h"

namespace skydive::kernel {

struct MonitorCounters {
  uint64_t messages = 0;
  uint64_t overruns = 0;
  uint64_t dumps = 0;
  uint64_t failed_dumps = 0;
  uint64_t batches = 0;
};

class Monitor {
 public:
  // `deliver` runs on the monitor's thread. Throws std::system_error.
  explicit Monitor(std::function<void(std::string)> deliver);
  // Ends the thread and waits for it.
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  struct Added {
    int id;
    uint64_t device;
    uint64_t inode;
  };
  // Throws std::system_error where the namespace cannot be opened or entered.
  Added Add(const WatchOptions& options);
  void Remove(int id);
  void Acknowledge();
  // Reads every table and asks every driver again if anything happened, else once a minute.
  void Refresh(int id);
  // Reads the counters of the links.
  void Sample(int id);
  // Stops (and restarts) reading messages, so that tests can force an overrun.
  void Pause(bool pause);

  const std::vector<std::string>& feature_names() const { return feature_names_; }
  MonitorCounters counters() const;

 private:
  void Post(std::function<void()> command);
  void Run();
  void Loop();
  void RunCommands();
  void Follow(WatchedNamespace& watched, bool follow);
  void ResolvePeers();
  void DeliverChanges();
  int TimeoutMs() const;
  WatchedNamespace* Find(int id);

  std::function<void(std::string)> deliver_;
  std::vector<std::string> feature_names_;
  Descriptor epoll_;
  Descriptor wake_;

  std::mutex commands_mutex_;
  std::vector<std::function<void()>> commands_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> next_id_ = 1;

  mutable std::mutex counters_mutex_;
  MonitorCounters counters_;

  // All below belongs to the thread.
  std::map<int, WatchedNamespace> namespaces_;
  WatchCounters removed_;
  uint64_t batches_ = 0;
  int last_served_ = 0;
  bool paused_ = false;
  bool under_way_ = false;
  size_t batch_interfaces_ = 16;
  bool only_new_ = false;
  Clock::time_point sent_{};
  Clock::time_point rest_until_{};

  std::thread thread_;
};

}  // namespace skydive::kernel
