// SPDX-License-Identifier: Apache-2.0
#include "kernel/route.h"

#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include "kernel/address_text.h"

namespace skydive::kernel {
namespace {

// RTA_GATEWAY, or RTA_VIA where the gateway is of another family than the route (RFC 5549).
std::string ReadGateway(const AttributeCursor& at, std::string otherwise) {
  if (at.type() == RTA_GATEWAY) return IpText(at.payload());
  if (at.type() == RTA_VIA && at.payload().size() > sizeof(uint16_t)) {
    return IpText(at.payload().subspan(sizeof(uint16_t)));
  }
  return otherwise;
}

void ReadHops(Bytes rest, const Route& route, std::vector<RouteHop>& hops) {
  for (;;) {
    auto hop = ReadAs<rtnexthop>(rest);
    if (!hop || hop->rtnh_len < sizeof(rtnexthop) || hop->rtnh_len > rest.size()) return;
    RouteHop found{static_cast<uint32_t>(hop->rtnh_ifindex), route};
    for (AttributeCursor at(After(rest.first(hop->rtnh_len), sizeof(rtnexthop))); at.Next();) {
      found.route.gateway = ReadGateway(at, found.route.gateway);
    }
    if (found.index != 0) hops.push_back(std::move(found));
    size_t step = RTNH_ALIGN(hop->rtnh_len);
    if (step >= rest.size()) return;
    rest = rest.subspan(step);
  }
}

}  // namespace

std::vector<RouteHop> ReadRoute(Bytes payload) {
  auto header = ReadAs<rtmsg>(payload);
  if (!header || (header->rtm_family != AF_INET && header->rtm_family != AF_INET6)) return {};
  if (header->rtm_flags & RTM_F_CLONED) return {};
  Route route;
  route.table = header->rtm_table;
  route.family = header->rtm_family;
  route.protocol = header->rtm_protocol;
  uint32_t out = 0;
  Bytes multipath;
  std::string destination;
  for (AttributeCursor at(After(payload, sizeof(rtmsg))); at.Next();) {
    switch (at.type()) {
      case RTA_TABLE: route.table = at.As<uint32_t>(); break;
      case RTA_PRIORITY: route.priority = at.As<uint32_t>(); break;
      case RTA_OIF: out = at.As<uint32_t>(); break;
      case RTA_DST: destination = IpText(at.payload()); break;
      case RTA_PREFSRC: route.source = IpText(at.payload()); break;
      case RTA_MULTIPATH: multipath = at.payload(); break;
      default: route.gateway = ReadGateway(at, std::move(route.gateway)); break;
    }
  }
  if (header->rtm_dst_len > 0 && !destination.empty()) {
    route.destination = destination + '/' + std::to_string(header->rtm_dst_len);
  }
  std::vector<RouteHop> hops;
  if (out != 0) hops.push_back({out, route});
  ReadHops(multipath, route, hops);
  return hops;
}

}  // namespace skydive::kernel
