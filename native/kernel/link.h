// SPDX-License-Identifier: Apache-2.0
// An interface as RTM_NEWLINK describes it (rtnetlink(7), linux/if_link.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/netlink_cursor.h"

namespace skydive::kernel {

// Port of a bond, IFLA_INFO_SLAVE_DATA.
struct BondPort {
  uint8_t state = 0;
  uint8_t mii_status = 0;
  uint32_t link_failures = 0;
  std::string permanent_mac;
  uint16_t queue = 0;
  uint16_t aggregator = 0;
  uint8_t actor_state = 0;
  uint16_t partner_state = 0;
  bool operator==(const BondPort&) const = default;
};

// Virtual function of an SR-IOV device, IFLA_VFINFO_LIST.
struct VirtualFunction {
  uint32_t id = 0;
  std::string mac;
  uint32_t vlan = 0;
  uint32_t qos = 0;
  uint32_t tx_rate = 0;
  uint32_t link_state = 0;
  bool spoof_check = false;
  bool operator==(const VirtualFunction&) const = default;
};

// struct rtnl_link_stats64, in its order: packets, bytes, errors, dropped (rx before tx), multicast, collisions, …
constexpr size_t kStatCount = 23;
using LinkStats = std::array<uint64_t, kStatCount>;

struct Link {
  uint32_t index = 0;
  std::string name;
  std::string kind;
  uint16_t type = 0;
  uint32_t flags = 0;
  uint32_t mtu = 0;
  std::string mac;
  uint32_t master = 0;
  uint32_t parent = 0;
  std::optional<int32_t> peer_nsid;
  uint8_t state = 0;
  std::optional<uint16_t> vlan;
  std::optional<uint8_t> bond_mode;
  std::optional<BondPort> bond_port;
  bool operator==(const Link&) const = default;
};

struct LinkMessage {
  uint8_t family = 0;
  Link link;
  std::optional<LinkStats> stats;
  // Only in answers to requests that ask for them.
  std::optional<std::vector<VirtualFunction>> functions;
  // RTM_DELLINK of an interface that goes on in another namespace.
  bool moved = false;
};

// Nothing when the fixed header is cut.
std::optional<LinkMessage> ReadLink(Bytes payload);

}  // namespace skydive::kernel
