// SPDX-License-Identifier: Apache-2.0
// What the kernel holds for one network namespace, as its messages tell it, and what of it the reader of the mirror
// has not seen yet. However often a thing changes between two readings, the reader gets its latest state once: the
// mirror is the queue, and its size is that of the namespace. No syscalls here.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/address.h"
#include "kernel/ethtool.h"
#include "kernel/link.h"
#include "kernel/neighbour.h"
#include "kernel/netlink_cursor.h"
#include "kernel/route.h"

namespace skydive::kernel {

using Clock = std::chrono::steady_clock;

// The parts of an interface that are reported on their own; bits of a mask.
enum Part : uint32_t {
  kLinkPart = 1,
  kAddressPart = 2,
  kNeighbourPart = 4,
  kFdbPart = 8,
  kRoutePart = 16,
  kStatsPart = 32,
  kFeaturePart = 64,
};
constexpr uint32_t kAllParts = 127;

// Tables of the kernel that are read whole.
enum Table : uint32_t { kLinks, kAddresses, kRoutes, kNeighbours, kFdb, kTableCount };

struct Interface {
  // A link message was seen; without one only lists are known and nothing is reported.
  bool known = false;
  bool reported = false;
  bool queued = false;
  uint32_t dirty = 0;
  Link link;
  LinkStats stats{};
  LinkStats reported_stats{};
  std::vector<VirtualFunction> functions;
  DriverFacts driver;
  bool asked_driver = false;
  uint32_t speed = 0;
  uint32_t peer_index = 0;
  // Id of the registered namespace that `link.peer_nsid` names, -1 when it is none.
  int peer_namespace = -1;
  std::string features;
  std::vector<Address> addresses;
  std::map<std::string, Neighbour> neighbours;
  std::map<std::string, Neighbour> fdb;
  std::vector<Route> routes;
  // Long lists are not sent again at once: part → earliest next time.
  std::map<uint32_t, Clock::time_point> ready;
};

class Mirror {
 public:
  // Tables whose dump is needed because of the message: the kernel does not announce all that follows from it.
  struct Consequence {
    bool routes = false;
    bool related = false;
    // An interface went to another namespace: peers there and here have a new index, which nobody announces.
    bool moved = false;
    // One end of a new veth is announced before it knows its peer.
    bool links = false;
    bool nsid = false;
  };
  Consequence Apply(const Message& message);

  // A dump: begin, every answer, end. Ending replaces what the table held; what is not in it is gone. An
  // interrupted dump may lack something, so it only adds links.
  void BeginDump(Table table);
  void AddToDump(Table table, const Message& message);
  void EndDump(Table table, bool complete);

  std::map<uint32_t, Interface>& interfaces() { return interfaces_; }
  void MarkDirty(Interface& interface, uint32_t parts);
  void MarkStats();
  bool HasNsids() const;

  struct Changes {
    // Interfaces that were reported and are gone, reported before all others.
    std::vector<uint32_t> gone;
    // Interfaces with parts to report; at most `limit`.
    std::vector<std::pair<Interface*, uint32_t>> changed;
  };
  // Takes what may be reported now.
  Changes Take(Clock::time_point now, size_t limit);
  bool Waiting() const { return !gone_.empty() || !queue_.empty(); }
  // When `Take` has something: now, later (a long list is held back), or never.
  Clock::time_point NextTake(Clock::time_point now) const;
  // Called for each list that was reported, with its length.
  static void HoldBack(Interface& interface, Part part, size_t length, Clock::time_point now);

 private:
  // True when the interface is new.
  bool ApplyLink(const LinkMessage& message);
  void RemoveLink(uint32_t index);
  void ApplyAddress(const AddressMessage& message, bool add);
  void ApplyNeighbour(const NeighbourMessage& message, bool add);
  template <typename List>
  void Replace(std::unordered_map<uint32_t, List>& fresh, List Interface::* list, Part part);
  Interface* Find(uint32_t index);

  std::map<uint32_t, Interface> interfaces_;
  std::deque<uint32_t> queue_;
  std::vector<uint32_t> gone_;
  std::set<uint32_t> seen_;
  std::unordered_map<uint32_t, std::vector<Address>> fresh_addresses_;
  std::unordered_map<uint32_t, std::vector<Route>> fresh_routes_;
  std::unordered_map<uint32_t, std::map<std::string, Neighbour>> fresh_neighbours_;
};

}  // namespace skydive::kernel
