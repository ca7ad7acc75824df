// SPDX-License-Identifier: Apache-2.0
#include "kernel/report.h"

#include <netinet/in.h>

#include <string_view>
#include <unordered_set>
#include <vector>

#include "kernel/json.h"

namespace skydive::kernel {
namespace {

void AppendBondPort(std::string& out, const BondPort& port) {
  JsonObject object(out);
  object.Number("state", port.state);
  object.Number("miiStatus", port.mii_status);
  object.Number("linkFailureCount", port.link_failures);
  object.Text("permMac", port.permanent_mac);
  object.Number("queueId", port.queue);
  object.Number("aggregatorId", port.aggregator);
  object.Number("actorState", port.actor_state);
  object.Number("partnerState", port.partner_state);
  object.Close();
}

void AppendFunction(std::string& out, const VirtualFunction& function) {
  JsonObject object(out);
  object.Number("id", function.id);
  object.TextUnlessEmpty("mac", function.mac);
  object.NumberUnlessZero("vlan", function.vlan);
  object.NumberUnlessZero("qos", function.qos);
  object.NumberUnlessZero("txRate", function.tx_rate);
  object.NumberUnlessZero("linkState", function.link_state);
  if (function.spoof_check) object.Number("spoofCheck", 1);
  object.Close();
}

void AppendLink(std::string& out, const Interface& interface) {
  const Link& link = interface.link;
  JsonObject object(out);
  object.Text("name", link.name);
  object.Text("kind", link.kind);
  object.Number("type", link.type);
  object.Number("flags", link.flags);
  object.Number("state", link.state);
  object.Text("driver", interface.driver.driver);
  object.Text("bus", interface.driver.bus);
  object.NumberUnlessZero("mtu", link.mtu);
  object.TextUnlessEmpty("mac", link.mac);
  object.NumberUnlessZero("master", link.master);
  object.NumberUnlessZero("parent", link.parent);
  if (link.peer_nsid) object.Number("nsid", *link.peer_nsid);
  if (interface.peer_namespace >= 0) object.Number("peerNamespace", interface.peer_namespace);
  object.NumberUnlessZero("peer", interface.peer_index);
  object.NumberUnlessZero("speed", interface.speed);
  if (link.vlan) object.Number("vlan", *link.vlan);
  if (link.bond_mode) object.Number("bondMode", *link.bond_mode);
  if (link.bond_port) {
    object.Key("bondPort");
    AppendBondPort(out, *link.bond_port);
  }
  if (!interface.functions.empty()) {
    object.Key("functions");
    AppendJsonList(out, interface.functions, [&](const auto& function) { AppendFunction(out, function); });
  }
  object.Close();
}

void AppendNeighbours(std::string& out, const std::map<std::string, Neighbour>& entries) {
  AppendJsonList(out, entries, [&](const auto& entry) {
    const Neighbour& neighbour = entry.second;
    JsonObject object(out);
    object.NumberUnlessZero("flags", neighbour.flags);
    object.NumberUnlessZero("state", neighbour.state);
    object.TextUnlessEmpty("mac", neighbour.mac);
    object.TextUnlessEmpty("ip", neighbour.ip);
    object.NumberUnlessZero("vlan", neighbour.vlan);
    object.NumberUnlessZero("vni", neighbour.vni);
    object.Close();
  });
}

void AppendRoute(std::string& out, const Route& route) {
  JsonObject object(out);
  object.Number("table", route.table);
  object.Number("family", route.family == AF_INET ? 4 : 6);
  object.Number("protocol", route.protocol);
  object.NumberUnlessZero("priority", route.priority);
  object.TextUnlessEmpty("destination", route.destination);
  object.TextUnlessEmpty("source", route.source);
  object.TextUnlessEmpty("gateway", route.gateway);
  object.Close();
}

void AppendAddresses(std::string& out, const std::vector<Address>& addresses, uint8_t family) {
  // One local address may lead to several peers.
  std::vector<const Address*> chosen;
  std::unordered_set<std::string_view> texts;
  for (const auto& address : addresses) {
    if (address.family == family && texts.insert(address.cidr).second) chosen.push_back(&address);
  }
  AppendJsonList(out, chosen, [&](const Address* address) { AppendJsonText(out, address->cidr); });
}

}  // namespace

void AppendChanges(std::string& out, int namespace_id, const Mirror::Changes& changes, Clock::time_point now) {
  auto separate = [&] {
    if (!out.empty() && out.back() != '[') out += ',';
  };
  for (uint32_t index : changes.gone) {
    separate();
    JsonObject object(out);
    object.Number("namespace", namespace_id);
    object.Number("index", index);
    object.Number("gone", 1);
    object.Close();
  }
  for (const auto& [interface, parts] : changes.changed) {
    separate();
    JsonObject object(out);
    object.Number("namespace", namespace_id);
    object.Number("index", interface->link.index);
    if (parts & kLinkPart) {
      object.Key("link");
      AppendLink(out, *interface);
    }
    if (parts & kAddressPart) {
      object.Key("ipv4");
      AppendAddresses(out, interface->addresses, AF_INET);
      object.Key("ipv6");
      AppendAddresses(out, interface->addresses, AF_INET6);
      Mirror::HoldBack(*interface, kAddressPart, interface->addresses.size(), now);
    }
    if (parts & kNeighbourPart) {
      object.Key("neighbours");
      AppendNeighbours(out, interface->neighbours);
      Mirror::HoldBack(*interface, kNeighbourPart, interface->neighbours.size(), now);
    }
    if (parts & kFdbPart) {
      object.Key("fdb");
      AppendNeighbours(out, interface->fdb);
      Mirror::HoldBack(*interface, kFdbPart, interface->fdb.size(), now);
    }
    if (parts & kRoutePart) {
      object.Key("routes");
      AppendJsonList(out, interface->routes, [&](const Route& route) { AppendRoute(out, route); });
      Mirror::HoldBack(*interface, kRoutePart, interface->routes.size(), now);
    }
    if (parts & kStatsPart) {
      object.Key("stats");
      AppendJsonList(out, interface->stats, [&](uint64_t value) { out += std::to_string(value); });
      interface->reported_stats = interface->stats;
    }
    if ((parts & kFeaturePart) && !interface->features.empty()) object.Text("features", interface->features);
    object.Close();
  }
}

}  // namespace skydive::kernel
