// SPDX-License-Identifier: Apache-2.0
#include "kernel/link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>

#include "kernel/address_text.h"

namespace skydive::kernel {
namespace {

std::string HardwareUnlessZero(Bytes bytes) {
  bool zero = std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
  return zero ? "" : HardwareText(bytes);
}

BondPort ReadBondPort(Bytes data) {
  BondPort port;
  for (AttributeCursor at(data); at.Next();) {
    switch (at.type()) {
      case IFLA_BOND_SLAVE_STATE: port.state = at.As<uint8_t>(); break;
      case IFLA_BOND_SLAVE_MII_STATUS: port.mii_status = at.As<uint8_t>(); break;
      case IFLA_BOND_SLAVE_LINK_FAILURE_COUNT: port.link_failures = at.As<uint32_t>(); break;
      case IFLA_BOND_SLAVE_PERM_HWADDR: port.permanent_mac = HardwareText(at.payload()); break;
      case IFLA_BOND_SLAVE_QUEUE_ID: port.queue = at.As<uint16_t>(); break;
      case IFLA_BOND_SLAVE_AD_AGGREGATOR_ID: port.aggregator = at.As<uint16_t>(); break;
      case IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE: port.actor_state = at.As<uint8_t>(); break;
      case IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE: port.partner_state = at.As<uint16_t>(); break;
      default: break;
    }
  }
  return port;
}

void ReadKind(Bytes info, Link& link) {
  Bytes data;
  Bytes port_data;
  std::string port_kind;
  for (AttributeCursor at(info); at.Next();) {
    switch (at.type()) {
      case IFLA_INFO_KIND: link.kind = ReadText(at.payload()); break;
      case IFLA_INFO_DATA: data = at.payload(); break;
      case IFLA_INFO_SLAVE_KIND: port_kind = ReadText(at.payload()); break;
      case IFLA_INFO_SLAVE_DATA: port_data = at.payload(); break;
      default: break;
    }
  }
  if (link.kind == "vlan") {
    for (AttributeCursor at(data); at.Next();) {
      if (at.type() == IFLA_VLAN_ID) link.vlan = at.As<uint16_t>();
    }
  } else if (link.kind == "bond") {
    for (AttributeCursor at(data); at.Next();) {
      if (at.type() == IFLA_BOND_MODE) link.bond_mode = at.As<uint8_t>();
    }
  }
  if (port_kind == "bond") link.bond_port = ReadBondPort(port_data);
}

std::vector<VirtualFunction> ReadFunctions(Bytes list) {
  std::vector<VirtualFunction> functions;
  for (AttributeCursor one(list); one.Next();) {
    if (one.type() != IFLA_VF_INFO) continue;
    VirtualFunction function;
    for (AttributeCursor at(one.payload()); at.Next();) {
      switch (at.type()) {
        case IFLA_VF_MAC:
          if (auto mac = ReadAs<ifla_vf_mac>(at.payload())) {
            function.id = mac->vf;
            // The field has room for 32 bytes; the addresses of VFs are Ethernet's.
            function.mac = HardwareUnlessZero(Bytes(mac->mac, 6));
          }
          break;
        case IFLA_VF_VLAN:
          if (auto vlan = ReadAs<ifla_vf_vlan>(at.payload())) {
            function.vlan = vlan->vlan;
            function.qos = vlan->qos;
          }
          break;
        case IFLA_VF_TX_RATE:
          if (auto rate = ReadAs<ifla_vf_tx_rate>(at.payload())) function.tx_rate = rate->rate;
          break;
        case IFLA_VF_SPOOFCHK:
          // All bits set: the driver cannot tell.
          if (auto check = ReadAs<ifla_vf_spoofchk>(at.payload())) function.spoof_check = check->setting == 1;
          break;
        case IFLA_VF_LINK_STATE:
          if (auto state = ReadAs<ifla_vf_link_state>(at.payload())) function.link_state = state->link_state;
          break;
        default: break;
      }
    }
    functions.push_back(std::move(function));
  }
  return functions;
}

template <typename Counter>
std::optional<LinkStats> ReadStats(Bytes bytes) {
  LinkStats stats;
  if (bytes.size() < stats.size() * sizeof(Counter)) return std::nullopt;
  for (size_t i = 0; i < stats.size(); ++i) {
    stats[i] = *ReadAs<Counter>(bytes.subspan(i * sizeof(Counter)));
  }
  return stats;
}

}  // namespace

std::optional<LinkMessage> ReadLink(Bytes payload) {
  auto header = ReadAs<ifinfomsg>(payload);
  if (!header || header->ifi_index <= 0) return std::nullopt;
  LinkMessage message;
  Link& link = message.link;
  message.family = header->ifi_family;
  link.index = static_cast<uint32_t>(header->ifi_index);
  link.type = header->ifi_type;
  link.flags = header->ifi_flags;
  std::optional<LinkStats> narrow;
  for (AttributeCursor at(After(payload, sizeof(ifinfomsg))); at.Next();) {
    switch (at.type()) {
      case IFLA_IFNAME: link.name = ReadText(at.payload()); break;
      case IFLA_MTU: link.mtu = at.As<uint32_t>(); break;
      case IFLA_ADDRESS: link.mac = HardwareUnlessZero(at.payload()); break;
      case IFLA_MASTER: link.master = at.As<uint32_t>(); break;
      case IFLA_LINK: link.parent = at.As<uint32_t>(); break;
      case IFLA_LINK_NETNSID: link.peer_nsid = at.As<int32_t>(); break;
      case IFLA_OPERSTATE: link.state = at.As<uint8_t>(); break;
      case IFLA_LINKINFO: ReadKind(at.payload(), link); break;
      case IFLA_STATS64: message.stats = ReadStats<uint64_t>(at.payload()); break;
      case IFLA_STATS: narrow = ReadStats<uint32_t>(at.payload()); break;
      case IFLA_NUM_VF:
        if (at.As<uint32_t>() == 0) message.functions.emplace();
        break;
      case IFLA_VFINFO_LIST: message.functions = ReadFunctions(at.payload()); break;
      case IFLA_NEW_NETNSID:
      case IFLA_NEW_IFINDEX: message.moved = true; break;
      default: break;
    }
  }
  if (!message.stats) message.stats = narrow;
  return message;
}

}  // namespace skydive::kernel
