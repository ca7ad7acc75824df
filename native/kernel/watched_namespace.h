// SPDX-License-Identifier: Apache-2.0
// One namespace that is followed: its sockets, its mirror, and when which table has to be read whole again.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "kernel/ethtool.h"
#include "kernel/mirror.h"
#include "kernel/netlink_socket.h"
#include "kernel/network_namespace.h"

namespace skydive::kernel {

struct WatchOptions {
  // Of the namespace; empty: that of the process.
  std::string path;
  // Of the socket's receive buffer.
  int receive_bytes = 8 << 20;
};

struct WatchCounters {
  uint64_t messages = 0;
  uint64_t overruns = 0;
  uint64_t dumps = 0;
  uint64_t failed_dumps = 0;
};

class WatchedNamespace {
 public:
  // Opens the sockets inside the namespace. Throws std::system_error.
  static WatchedNamespace Open(int id, const WatchOptions& options);

  int id() const { return id_; }
  int fd() const { return events_.fd(); }
  const NamespaceHandle& handle() const { return handle_; }
  Mirror& mirror() { return mirror_; }
  const Mirror& mirror() const { return mirror_; }
  const WatchCounters& counters() const { return counters_; }

  struct Outcome {
    bool moved = false;
    bool nsid = false;
  };
  // Reads what is there, up to a budget so that other namespaces get their turn.
  Outcome Drain();

  // Reads the table again at once, or as soon as its size allows.
  void WantTable(Table table);
  void WantAllTables();
  // Reads the tables that are due.
  void ReadDueTables();
  // Each table has been read at least once.
  bool Complete() const;
  Clock::time_point NextDue() const;

  // Reads every table and asks every driver again, unless nothing was heard of the namespace since the last time
  // and that is not long ago. Marks what changed.
  void Refresh(size_t feature_count);
  // Reads the links again and marks the counters that changed.
  void Sample();
  // Completes the facts of interfaces that are about to be reported.
  void AskDrivers(const Mirror::Changes& changes, size_t feature_count);

  // The id this namespace has for another one, nothing when it has none.
  std::optional<int32_t> NsidOf(const NamespaceHandle& other);
  // nsid → id of the watched namespace.
  void SetPeers(std::map<int32_t, int> peers);

  bool peers_known = false;
  bool announced = false;

 private:
  // `soon`: because of a message; `late`: because of what follows from one unannounced. Either may be unset (max).
  struct Due {
    bool done_once = false;
    Clock::time_point soon{};
    Clock::time_point late = Clock::time_point::max();
    Clock::time_point late_since{};
    Clock::time_point last{};
    Clock::duration cost{};
  };

  WatchedNamespace(int id, NamespaceHandle handle, NetlinkSocket events, NetlinkSocket requests, Ethtool ethtool)
      : id_(id),
        handle_(std::move(handle)),
        events_(std::move(events)),
        requests_(std::move(requests)),
        ethtool_(std::move(ethtool)) {}
  void ReadTable(Table table);
  void RefreshDrivers(size_t feature_count);
  void WantAftermath(Table table);
  int PeerOf(const Interface& interface) const;

  int id_;
  NamespaceHandle handle_;
  NetlinkSocket events_;
  NetlinkSocket requests_;
  Ethtool ethtool_;
  Mirror mirror_;
  WatchCounters counters_;
  std::array<Due, kTableCount> due_;
  std::map<int32_t, int> peers_;
  Clock::time_point refreshed_{};
  uint64_t messages_at_refresh_ = 0;
};

}  // namespace skydive::kernel
