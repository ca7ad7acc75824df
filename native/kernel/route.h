// SPDX-License-Identifier: Apache-2.0
// A route as RTM_NEWROUTE describes it (rtnetlink(7)), one entry for each interface it leads out of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/netlink_cursor.h"

namespace skydive::kernel {

struct Route {
  uint32_t table = 0;
  // AF_INET or AF_INET6.
  uint8_t family = 0;
  uint8_t protocol = 0;
  uint32_t priority = 0;
  // CIDR, empty for a default route.
  std::string destination;
  // Preferred source address.
  std::string source;
  std::string gateway;
  bool operator==(const Route&) const = default;
};

struct RouteHop {
  uint32_t index = 0;
  Route route;
};

// Multipath routes are flattened. Empty for what leads out of no interface, for cloned (cached) routes and for
// messages that are cut.
std::vector<RouteHop> ReadRoute(Bytes payload);

}  // namespace skydive::kernel
