// SPDX-License-Identifier: Apache-2.0
#include "kernel/monitor.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <memory>
#include <system_error>

#include "kernel/json.h"
#include "kernel/report.h"

namespace skydive::kernel {
namespace {

// Applying a batch must take JavaScript less than 5 ms: batches shrink while they take longer and grow while they
// take much less.
constexpr size_t kFewestInterfaces = 8;
constexpr size_t kMostInterfaces = 64;
constexpr size_t kBatchBytes = 32 << 10;
constexpr std::chrono::milliseconds kSlowBatch(4);
constexpr std::chrono::milliseconds kQuickBatch(2);

// Between two batches JavaScript gets as long for its other work as it took for the last batch, at most this.
constexpr std::chrono::milliseconds kLongestRest(20);

int EpollData(int epoll, int operation, int fd, uint64_t data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = data;
  return epoll_ctl(epoll, operation, fd, &event);
}

}  // namespace

Monitor::Monitor(std::function<void(std::string)> deliver)
    : deliver_(std::move(deliver)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_ || !wake_ || EpollData(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), 0) < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot create the netlink monitor");
  }
  // Every namespace has a loopback interface.
  feature_names_ = Ethtool::Open().FeatureNames("lo");
  thread_ = std::thread([this] { Run(); });
}

Monitor::~Monitor() {
  stop_ = true;
  Post([] {});
  thread_.join();
}

void Monitor::Post(std::function<void()> command) {
  {
    std::lock_guard lock(commands_mutex_);
    commands_.push_back(std::move(command));
  }
  eventfd_write(wake_.get(), 1);
}

Monitor::Added Monitor::Add(const WatchOptions& options) {
  int id = next_id_++;
  auto watched = std::make_shared<WatchedNamespace>(WatchedNamespace::Open(id, options));
  Added added{id, watched->handle().device, watched->handle().inode};
  Post([this, id, watched] {
    auto [entry, inserted] = namespaces_.emplace(id, std::move(*watched));
    if (!paused_) Follow(entry->second, true);
    for (auto& [other, one] : namespaces_) one.peers_known = false;
  });
  return added;
}

void Monitor::Remove(int id) {
  Post([this, id] {
    auto found = namespaces_.find(id);
    if (found == namespaces_.end()) return;
    const WatchCounters& counters = found->second.counters();
    removed_.messages += counters.messages;
    removed_.overruns += counters.overruns;
    removed_.dumps += counters.dumps;
    removed_.failed_dumps += counters.failed_dumps;
    namespaces_.erase(found);
    for (auto& [other, one] : namespaces_) one.peers_known = false;
  });
}

void Monitor::Acknowledge() {
  Post([this] {
    if (!under_way_) return;
    under_way_ = false;
    auto now = Clock::now();
    auto took = now - sent_;
    if (took > kSlowBatch) {
      batch_interfaces_ = std::max(kFewestInterfaces, batch_interfaces_ / 2);
    } else if (took < kQuickBatch) {
      batch_interfaces_ = std::min(kMostInterfaces, batch_interfaces_ + kFewestInterfaces);
    }
    // Waiting makes fewer of many changes of the same interfaces; new ones all have to be told.
    rest_until_ = only_new_ ? now : now + std::min<Clock::duration>(took, kLongestRest);
  });
}

void Monitor::Refresh(int id) {
  Post([this, id] {
    if (WatchedNamespace* watched = Find(id)) watched->Refresh(feature_names_.size());
  });
}

void Monitor::Sample(int id) {
  Post([this, id] {
    if (WatchedNamespace* watched = Find(id)) watched->Sample();
  });
}

void Monitor::Pause(bool pause) {
  Post([this, pause] {
    if (pause == paused_) return;
    paused_ = pause;
    for (auto& [id, watched] : namespaces_) Follow(watched, !pause);
  });
}

MonitorCounters Monitor::counters() const {
  std::lock_guard lock(counters_mutex_);
  return counters_;
}

WatchedNamespace* Monitor::Find(int id) {
  auto found = namespaces_.find(id);
  return found == namespaces_.end() ? nullptr : &found->second;
}

void Monitor::Follow(WatchedNamespace& watched, bool follow) {
  EpollData(epoll_.get(), follow ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, watched.fd(), static_cast<uint64_t>(watched.id()));
}

void Monitor::Run() {
  pthread_setname_np(pthread_self(), "netlink");
  try {
    while (!stop_) Loop();
  } catch (const std::exception& failure) {
    // Out of memory, most likely: JavaScript is told, nothing goes on silently.
    std::string out = "[{\"failed\":";
    AppendJsonText(out, failure.what());
    deliver_(out + "}]");
  }
}

void Monitor::Loop() {
  epoll_event events[64];
  int count = epoll_wait(epoll_.get(), events, 64, TimeoutMs());
  RunCommands();
  bool moved = false;
  for (int i = 0; i < count; ++i) {
    WatchedNamespace* watched = Find(static_cast<int>(events[i].data.u64));
    if (watched == nullptr || paused_) continue;
    auto outcome = watched->Drain();
    moved |= outcome.moved;
    if (outcome.nsid) watched->peers_known = false;
  }
  // What messages told goes out before tables are read, which takes longer.
  ResolvePeers();
  DeliverChanges();
  for (auto& [id, watched] : namespaces_) {
    if (moved) watched.WantTable(kLinks);
    watched.ReadDueTables();
  }
  ResolvePeers();
  DeliverChanges();

  MonitorCounters sum{removed_.messages, removed_.overruns, removed_.dumps, removed_.failed_dumps, batches_};
  for (const auto& [id, watched] : namespaces_) {
    sum.messages += watched.counters().messages;
    sum.overruns += watched.counters().overruns;
    sum.dumps += watched.counters().dumps;
    sum.failed_dumps += watched.counters().failed_dumps;
  }
  std::lock_guard lock(counters_mutex_);
  counters_ = sum;
}

void Monitor::RunCommands() {
  eventfd_t ignored;
  eventfd_read(wake_.get(), &ignored);
  std::vector<std::function<void()>> commands;
  {
    std::lock_guard lock(commands_mutex_);
    commands.swap(commands_);
  }
  for (auto& command : commands) command();
}

void Monitor::ResolvePeers() {
  for (auto& [id, watched] : namespaces_) {
    if (watched.peers_known || !watched.mirror().HasNsids()) continue;
    std::map<int32_t, int> peers;
    for (auto& [other_id, other] : namespaces_) {
      if (other_id == id) continue;
      if (auto nsid = watched.NsidOf(other.handle())) peers.emplace(*nsid, other_id);
    }
    watched.SetPeers(std::move(peers));
  }
}

void Monitor::DeliverChanges() {
  auto now = Clock::now();
  if (under_way_ || now < rest_until_ || namespaces_.empty()) return;
  std::string out = "[";
  size_t interfaces = 0;
  only_new_ = true;
  // Each namespace gets its turn: the walk goes on where the last batch ended.
  auto next = namespaces_.upper_bound(last_served_);
  for (size_t turn = 0; turn < namespaces_.size(); ++turn) {
    if (next == namespaces_.end()) next = namespaces_.begin();
    WatchedNamespace& watched = next->second;
    last_served_ = next->first;
    ++next;
    // Interfaces of a new namespace come with all that belongs to them.
    if (!watched.Complete()) continue;
    while (watched.mirror().Waiting() && interfaces < batch_interfaces_ && out.size() < kBatchBytes) {
      auto changes = watched.mirror().Take(now, 8);
      if (changes.gone.empty() && changes.changed.empty()) break;
      watched.AskDrivers(changes, feature_names_.size());
      AppendChanges(out, watched.id(), changes, now);
      interfaces += changes.gone.size() + changes.changed.size();
      for (const auto& [interface, parts] : changes.changed) only_new_ = only_new_ && parts == kAllParts;
    }
    if (interfaces >= batch_interfaces_ || out.size() >= kBatchBytes) break;
    if (!watched.announced) {
      watched.announced = true;
      if (out.size() > 1) out += ',';
      JsonObject object(out);
      object.Number("namespace", watched.id());
      object.Number("synced", 1);
      object.Close();
    }
  }
  if (out.size() == 1) return;
  out += ']';
  under_way_ = true;
  sent_ = now;
  ++batches_;
  deliver_(std::move(out));
}

int Monitor::TimeoutMs() const {
  auto now = Clock::now();
  auto next = Clock::time_point::max();
  for (const auto& [id, watched] : namespaces_) {
    next = std::min(next, watched.NextDue());
    if (!under_way_) next = std::min(next, std::max(rest_until_, watched.mirror().NextTake(now)));
  }
  if (next == Clock::time_point::max()) return -1;
  auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
  return static_cast<int>(std::clamp<int64_t>(wait, 0, 60'000));
}

}  // namespace skydive::kernel
