// SPDX-License-Identifier: Apache-2.0
// An ARP, NDP or bridge forwarding entry as RTM_NEWNEIGH describes it (linux/neighbour.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/netlink_cursor.h"

namespace skydive::kernel {

struct Neighbour {
  // AF_INET, AF_INET6 or AF_BRIDGE.
  uint8_t family = 0;
  uint16_t state = 0;
  uint8_t flags = 0;
  std::string mac;
  std::string ip;
  uint16_t vlan = 0;
  uint32_t vni = 0;
  bool operator==(const Neighbour&) const = default;

  // What tells entries of one interface apart.
  std::string Key() const;
};

struct NeighbourMessage {
  uint32_t index = 0;
  Neighbour neighbour;
};

// Nothing when the fixed header is cut or the family is none of the three.
std::optional<NeighbourMessage> ReadNeighbour(Bytes payload);

}  // namespace skydive::kernel
