// SPDX-License-Identifier: Apache-2.0
#include "kernel/watched_namespace.h"

#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <optional>

namespace skydive::kernel {
namespace {

using std::chrono::milliseconds;

constexpr int kGroups[] = {RTNLGRP_LINK,        RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
                           RTNLGRP_IPV6_ROUTE,  RTNLGRP_NEIGH,       RTNLGRP_NSID,        RTNLGRP_NEXTHOP};

// Messages read before other namespaces, commands and the reader of the mirror get their turn.
constexpr size_t kDrainBudget = 512;

// A table is read again after twenty times the processor time that reading it took: at most 5 % of a core for each.
constexpr int kRest = 20;
constexpr milliseconds kLeastRest(20);

// The kernel withdraws routes and filter entries after it has announced the link or address that held them.
constexpr milliseconds kAftermath(50);

// Time on the wall would count what others did meanwhile on a busy host.
Clock::duration ProcessorTime() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

// What the kernel changes silently follows, as a rule, something that it told.
constexpr std::chrono::seconds kQuietRefresh(60);

template <typename Header>
std::vector<uint8_t> Request(const Header& header) {
  std::vector<uint8_t> bytes(NLMSG_ALIGN(sizeof(header)));
  std::memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

void AddAttribute(std::vector<uint8_t>& request, uint16_t type, uint32_t value) {
  nlattr header{static_cast<uint16_t>(NLA_HDRLEN + sizeof(value)), type};
  size_t at = request.size();
  request.resize(at + header.nla_len);
  std::memcpy(request.data() + at, &header, sizeof(header));
  std::memcpy(request.data() + at + NLA_HDRLEN, &value, sizeof(value));
}

struct Question {
  uint16_t type;
  std::vector<uint8_t> request;
};

std::vector<Question> QuestionsOf(Table table) {
  switch (table) {
    case kLinks: {
      auto request = Request(ifinfomsg{});
      AddAttribute(request, IFLA_EXT_MASK, RTEXT_FILTER_VF);
      return {{RTM_GETLINK, request}};
    }
    case kAddresses: return {{RTM_GETADDR, Request(ifaddrmsg{})}};
    case kRoutes: {
      rtmsg v4{};
      v4.rtm_family = AF_INET;
      rtmsg v6{};
      v6.rtm_family = AF_INET6;
      return {{RTM_GETROUTE, Request(v4)}, {RTM_GETROUTE, Request(v6)}};
    }
    case kNeighbours: return {{RTM_GETNEIGH, Request(ndmsg{})}};
    default: {
      ndmsg bridge{};
      bridge.ndm_family = AF_BRIDGE;
      return {{RTM_GETNEIGH, Request(bridge)}};
    }
  }
}

}  // namespace

WatchedNamespace WatchedNamespace::Open(int id, const WatchOptions& options) {
  auto handle = OpenNamespace(options.path);
  std::optional<NetlinkSocket> events;
  std::optional<NetlinkSocket> requests;
  std::optional<Ethtool> ethtool;
  InsideNamespace(handle, [&] {
    // A descriptor of the path would keep the mount busy that it leads through.
    handle = OpenNamespace("/proc/thread-self/ns/net");
    events = NetlinkSocket::Open();
    requests = NetlinkSocket::Open();
    ethtool = Ethtool::Open();
  });
  events->SetReceiveBuffer(options.receive_bytes);
  // Before any dump, so that nothing falls between.
  for (int group : kGroups) events->Subscribe(group);
  return {id, std::move(handle), std::move(*events), std::move(*requests), std::move(*ethtool)};
}

WatchedNamespace::Outcome WatchedNamespace::Drain() {
  Outcome outcome;
  bool routes = false;
  bool related = false;
  bool links = false;
  for (size_t read = 0; read < kDrainBudget; ++read) {
    Bytes data;
    auto received = events_.Receive(data);
    if (received == Received::kEmpty) break;
    if (received == Received::kOverrun) {
      ++counters_.overruns;
      WantAllTables();
      outcome.nsid = true;
      continue;
    }
    MessageCursor messages(data);
    Message message;
    while (messages.Next(message)) {
      ++counters_.messages;
      auto consequence = mirror_.Apply(message);
      routes |= consequence.routes;
      links |= consequence.links;
      related |= consequence.related;
      outcome.moved |= consequence.moved;
      outcome.nsid |= consequence.nsid;
    }
  }
  if (links) WantTable(kLinks);
  if (routes) WantTable(kRoutes);
  if (related) {
    for (Table table : {kAddresses, kRoutes, kNeighbours, kFdb}) WantAftermath(table);
  }
  return outcome;
}

void WatchedNamespace::WantTable(Table table) {
  Due& due = due_[table];
  auto rested = due.last + std::max<Clock::duration>(kLeastRest, due.cost * kRest);
  due.soon = std::min(due.soon, std::max(Clock::now(), rested));
}

void WatchedNamespace::WantAllTables() {
  for (uint32_t table = 0; table < kTableCount; ++table) WantTable(static_cast<Table>(table));
}

// Each message puts the reading off, so that it comes after the last one; not for ever.
void WatchedNamespace::WantAftermath(Table table) {
  Due& due = due_[table];
  auto now = Clock::now();
  if (due.late == Clock::time_point::max()) due.late_since = now;
  auto rested = due.last + due.cost * kRest;
  due.late = std::max(rested, std::min(now + kAftermath, due.late_since + 5 * kAftermath));
}

void WatchedNamespace::ReadDueTables() {
  for (uint32_t table = 0; table < kTableCount; ++table) {
    Due& due = due_[table];
    if (std::min(due.soon, due.late) <= Clock::now()) ReadTable(static_cast<Table>(table));
  }
}

bool WatchedNamespace::Complete() const {
  return std::all_of(due_.begin(), due_.end(), [](const Due& due) { return due.done_once; });
}

void WatchedNamespace::ReadTable(Table table) {
  constexpr int kAttempts = 3;
  Due& due = due_[table];
  auto start = Clock::now();
  auto spent = ProcessorTime();
  auto result = Dumped::kInterrupted;
  for (int attempt = 0; attempt < kAttempts && result == Dumped::kInterrupted; ++attempt) {
    mirror_.BeginDump(table);
    result = Dumped::kComplete;
    for (const auto& question : QuestionsOf(table)) {
      auto dumped = requests_.Dump(question.type, question.request,
                                   [&](const Message& message) { mirror_.AddToDump(table, message); });
      if (dumped != Dumped::kComplete && result != Dumped::kFailed) result = dumped;
    }
  }
  ++counters_.dumps;
  due.last = Clock::now();
  due.cost = ProcessorTime() - spent;
  due.soon = Clock::time_point::max();
  if (due.late <= start) due.late = Clock::time_point::max();
  due.done_once = true;
  if (result == Dumped::kFailed) {
    ++counters_.failed_dumps;
    due.soon = due.last + std::chrono::seconds(1);
    return;
  }
  mirror_.EndDump(table, result == Dumped::kComplete);
  if (result == Dumped::kInterrupted) WantTable(table);
}

Clock::time_point WatchedNamespace::NextDue() const {
  auto next = Clock::time_point::max();
  for (const Due& due : due_) next = std::min({next, due.soon, due.late});
  return next;
}

void WatchedNamespace::Refresh(size_t feature_count) {
  auto now = Clock::now();
  bool quiet = counters_.messages == messages_at_refresh_;
  if (quiet && now < refreshed_ + kQuietRefresh) return;
  refreshed_ = now;
  messages_at_refresh_ = counters_.messages;
  WantAllTables();
  RefreshDrivers(feature_count);
  peers_known = false;
}

void WatchedNamespace::RefreshDrivers(size_t feature_count) {
  for (auto& [index, interface] : mirror_.interfaces()) {
    if (!interface.reported) continue;
    if (auto speed = ethtool_.Speed(interface.link.name); speed != interface.speed) {
      mirror_.MarkDirty(interface, kLinkPart);
    }
    if (interface.driver.driver.empty()) continue;
    auto features = ethtool_.Features(interface.link.name, feature_count);
    if (features == interface.features) continue;
    interface.features = std::move(features);
    mirror_.MarkDirty(interface, kFeaturePart);
  }
}

void WatchedNamespace::Sample() {
  ReadTable(kLinks);
  mirror_.MarkStats();
}

void WatchedNamespace::AskDrivers(const Mirror::Changes& changes, size_t feature_count) {
  for (const auto& [interface, parts] : changes.changed) {
    if ((parts & kLinkPart) == 0) continue;
    const std::string& name = interface->link.name;
    if (!interface->asked_driver) {
      interface->asked_driver = true;
      interface->driver = ethtool_.Driver(name);
      bool veth = interface->driver.driver == "veth" || interface->link.kind == "veth";
      interface->peer_index = veth ? ethtool_.PeerIndex(name) : 0;
      // Without an answer of the driver the link says the same.
      if (veth && interface->peer_index == 0) interface->peer_index = interface->link.parent;
      if (!interface->driver.driver.empty()) interface->features = ethtool_.Features(name, feature_count);
    }
    interface->speed = ethtool_.Speed(name);
    interface->peer_namespace = PeerOf(*interface);
  }
}

int WatchedNamespace::PeerOf(const Interface& interface) const {
  if (!interface.link.peer_nsid) return -1;
  auto found = peers_.find(*interface.link.peer_nsid);
  return found == peers_.end() ? -1 : found->second;
}

std::optional<int32_t> WatchedNamespace::NsidOf(const NamespaceHandle& other) {
  rtgenmsg header{};
  auto request = Request(header);
  AddAttribute(request, NETNSA_FD, static_cast<uint32_t>(other.fd.get()));
  auto answer = requests_.Ask(RTM_GETNSID, request);
  for (AttributeCursor at(After(answer, sizeof(rtgenmsg))); at.Next();) {
    if (at.type() != NETNSA_NSID) continue;
    auto nsid = at.As<int32_t>(NETNSA_NSID_NOT_ASSIGNED);
    if (nsid != NETNSA_NSID_NOT_ASSIGNED) return nsid;
  }
  return std::nullopt;
}

void WatchedNamespace::SetPeers(std::map<int32_t, int> peers) {
  peers_known = true;
  peers_ = std::move(peers);
  for (auto& [index, interface] : mirror_.interfaces()) {
    if (PeerOf(interface) != interface.peer_namespace) mirror_.MarkDirty(interface, kLinkPart);
  }
}

}  // namespace skydive::kernel
