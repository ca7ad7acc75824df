// SPDX-License-Identifier: Apache-2.0
#include "kernel/mirror.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include <algorithm>

namespace skydive::kernel {
namespace {

// Time that a list of one entry is held back after it was sent: reading it costs JavaScript about this much.
constexpr std::chrono::microseconds kPerEntry(20);

// Proxy entries are configuration, not neighbours; dumps leave them out and so do we.
bool IsProxy(const Neighbour& entry) { return entry.family != AF_BRIDGE && (entry.flags & NTF_PROXY) != 0; }

}  // namespace

Interface* Mirror::Find(uint32_t index) {
  auto found = interfaces_.find(index);
  return found == interfaces_.end() ? nullptr : &found->second;
}

void Mirror::MarkDirty(Interface& interface, uint32_t parts) {
  interface.dirty |= parts;
  if (!interface.known || interface.queued) return;
  interface.queued = true;
  queue_.push_back(interface.link.index);
  // Interfaces that came and went leave their places in the queue behind.
  if (queue_.size() > 2 * interfaces_.size() + 1024) {
    std::set<uint32_t> kept;
    std::erase_if(queue_, [&](uint32_t index) {
      Interface* waiting = Find(index);
      return waiting == nullptr || !waiting->queued || !kept.insert(index).second;
    });
  }
}

void Mirror::MarkStats() {
  for (auto& [index, interface] : interfaces_) {
    if (interface.reported && interface.stats != interface.reported_stats) MarkDirty(interface, kStatsPart);
  }
}

bool Mirror::HasNsids() const {
  return std::any_of(interfaces_.begin(), interfaces_.end(),
                     [](const auto& entry) { return entry.second.link.peer_nsid.has_value(); });
}

bool Mirror::ApplyLink(const LinkMessage& message) {
  // Other families describe the interface as a port of a bridge, or IPv6's settings of it.
  if (message.family != AF_UNSPEC) return false;
  Interface& interface = interfaces_[message.link.index];
  bool fresh = !interface.known;
  bool changed = fresh || !(interface.link == message.link);
  interface.known = true;
  if (changed) {
    if (interface.link.name != message.link.name || interface.link.parent != message.link.parent) {
      interface.asked_driver = false;
    }
    interface.link = message.link;
  }
  if (message.stats) interface.stats = *message.stats;
  if (message.functions && interface.functions != *message.functions) {
    interface.functions = *message.functions;
    changed = true;
  }
  if (fresh) {
    MarkDirty(interface, kAllParts);
  } else if (changed) {
    MarkDirty(interface, kLinkPart);
  }
  return fresh;
}

void Mirror::RemoveLink(uint32_t index) {
  auto found = interfaces_.find(index);
  if (found == interfaces_.end()) return;
  if (found->second.reported) gone_.push_back(index);
  interfaces_.erase(found);
}

void Mirror::ApplyAddress(const AddressMessage& message, bool add) {
  Interface* interface = add ? &interfaces_[message.index] : Find(message.index);
  if (interface == nullptr) return;
  auto& list = interface->addresses;
  auto found = std::find(list.begin(), list.end(), message.address);
  if (add == (found != list.end())) return;
  if (add) {
    list.push_back(message.address);
  } else {
    list.erase(found);
  }
  MarkDirty(*interface, kAddressPart);
}

void Mirror::ApplyNeighbour(const NeighbourMessage& message, bool add) {
  if (IsProxy(message.neighbour)) return;
  Interface* interface = add ? &interfaces_[message.index] : Find(message.index);
  if (interface == nullptr) return;
  bool bridge = message.neighbour.family == AF_BRIDGE;
  auto& list = bridge ? interface->fdb : interface->neighbours;
  auto key = message.neighbour.Key();
  if (add) {
    auto [found, inserted] = list.try_emplace(key, message.neighbour);
    if (!inserted) {
      if (found->second == message.neighbour) return;
      found->second = message.neighbour;
    }
  } else if (list.erase(key) == 0) {
    return;
  }
  MarkDirty(*interface, bridge ? kFdbPart : kNeighbourPart);
}

Mirror::Consequence Mirror::Apply(const Message& message) {
  Consequence consequence;
  switch (message.type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      if (auto link = ReadLink(message.payload)) {
        // RTM_DELLINK of family AF_BRIDGE only says that the interface left its bridge.
        if (message.type == RTM_NEWLINK) {
          consequence.links = ApplyLink(*link) && link->link.kind == "veth";
        } else if (link->family == AF_UNSPEC) {
          RemoveLink(link->link.index);
          consequence.moved = link->moved;
        }
        consequence.related = true;
      }
      break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
      if (auto address = ReadAddress(message.payload)) {
        ApplyAddress(*address, message.type == RTM_NEWADDR);
        consequence.related = true;
      }
      break;
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      if (auto neighbour = ReadNeighbour(message.payload)) {
        ApplyNeighbour(*neighbour, message.type == RTM_NEWNEIGH);
        // Changes of an interface's own address filter are silent; entries of a bridge often come with them.
        consequence.related = neighbour->neighbour.family == AF_BRIDGE;
      }
      break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
    case RTM_NEWNEXTHOP:
    case RTM_DELNEXTHOP: consequence.routes = true; break;
    case RTM_NEWNSID:
    case RTM_DELNSID: consequence.nsid = true; break;
    default: break;
  }
  return consequence;
}

void Mirror::BeginDump(Table table) {
  switch (table) {
    case kLinks: seen_.clear(); break;
    case kAddresses: fresh_addresses_.clear(); break;
    case kRoutes: fresh_routes_.clear(); break;
    default: fresh_neighbours_.clear(); break;
  }
}

void Mirror::AddToDump(Table table, const Message& message) {
  switch (table) {
    case kLinks:
      if (message.type != RTM_NEWLINK) return;
      if (auto link = ReadLink(message.payload)) {
        seen_.insert(link->link.index);
        ApplyLink(*link);
      }
      return;
    case kAddresses:
      if (message.type != RTM_NEWADDR) return;
      if (auto address = ReadAddress(message.payload)) {
        auto& list = fresh_addresses_[address->index];
        // A dump that goes on after a change may tell an entry twice.
        if (std::find(list.begin(), list.end(), address->address) == list.end()) {
          list.push_back(std::move(address->address));
        }
      }
      return;
    case kRoutes:
      if (message.type != RTM_NEWROUTE) return;
      for (auto& hop : ReadRoute(message.payload)) fresh_routes_[hop.index].push_back(std::move(hop.route));
      return;
    default:
      if (message.type != RTM_NEWNEIGH) return;
      if (auto neighbour = ReadNeighbour(message.payload)) {
        if (IsProxy(neighbour->neighbour)) return;
        auto key = neighbour->neighbour.Key();
        fresh_neighbours_[neighbour->index].insert_or_assign(std::move(key), std::move(neighbour->neighbour));
      }
      return;
  }
}

template <typename List>
void Mirror::Replace(std::unordered_map<uint32_t, List>& fresh, List Interface::* list, Part part) {
  for (auto& [index, interface] : interfaces_) {
    auto found = fresh.find(index);
    List now = found == fresh.end() ? List{} : std::move(found->second);
    if (interface.*list == now) continue;
    interface.*list = std::move(now);
    MarkDirty(interface, part);
  }
  fresh.clear();
}

void Mirror::EndDump(Table table, bool complete) {
  switch (table) {
    case kLinks: {
      if (!complete) return;
      std::vector<uint32_t> missing;
      for (const auto& [index, interface] : interfaces_) {
        if (!seen_.contains(index)) missing.push_back(index);
      }
      for (uint32_t index : missing) RemoveLink(index);
      return;
    }
    case kAddresses: Replace(fresh_addresses_, &Interface::addresses, kAddressPart); return;
    case kRoutes: Replace(fresh_routes_, &Interface::routes, kRoutePart); return;
    case kFdb: Replace(fresh_neighbours_, &Interface::fdb, kFdbPart); return;
    default: Replace(fresh_neighbours_, &Interface::neighbours, kNeighbourPart); return;
  }
}

Mirror::Changes Mirror::Take(Clock::time_point now, size_t limit) {
  Changes changes;
  changes.gone.swap(gone_);
  for (size_t rest = queue_.size(); rest > 0 && changes.changed.size() < limit; --rest) {
    uint32_t index = queue_.front();
    queue_.pop_front();
    Interface* interface = Find(index);
    // Gone meanwhile, or gone and come back and queued anew.
    if (interface == nullptr || !interface->queued) continue;
    uint32_t parts = interface->dirty;
    if (interface->reported) {
      for (const auto& [part, time] : interface->ready) {
        if (time > now) parts &= ~part;
      }
    } else {
      parts = kAllParts;
    }
    interface->dirty &= ~parts;
    if (interface->dirty != 0) {
      queue_.push_back(index);
    } else {
      interface->queued = false;
    }
    if (parts == 0) continue;
    interface->reported = true;
    changes.changed.emplace_back(interface, parts);
  }
  return changes;
}

Clock::time_point Mirror::NextTake(Clock::time_point now) const {
  if (!gone_.empty()) return now;
  auto next = Clock::time_point::max();
  for (uint32_t index : queue_) {
    auto found = interfaces_.find(index);
    if (found == interfaces_.end()) continue;
    const Interface& interface = found->second;
    uint32_t held = 0;
    auto first = Clock::time_point::max();
    for (const auto& [part, time] : interface.ready) {
      if (time > now && (interface.dirty & part) != 0) {
        held |= part;
        first = std::min(first, time);
      }
    }
    if ((interface.dirty & ~held) != 0) return now;
    next = std::min(next, first);
  }
  return next;
}

void Mirror::HoldBack(Interface& interface, Part part, size_t length, Clock::time_point now) {
  // Short lists cost nothing; not holding them back keeps the usual case fast.
  if (length < 32) {
    interface.ready.erase(part);
  } else {
    interface.ready[part] = now + kPerEntry * length;
  }
}

}  // namespace skydive::kernel
