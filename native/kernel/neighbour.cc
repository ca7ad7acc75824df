// SPDX-License-Identifier: Apache-2.0
#include "kernel/neighbour.h"

#include <linux/neighbour.h>
#include <netinet/in.h>

#include "kernel/address_text.h"

namespace skydive::kernel {

std::string Neighbour::Key() const {
  std::string key;
  key += static_cast<char>(family);
  if (family != AF_BRIDGE) return key + ip;
  // One address may be known to the device itself and to its bridge, and on a vxlan device have several remotes.
  key += static_cast<char>(flags & (NTF_SELF | NTF_MASTER));
  key += mac;
  key += '/' + std::to_string(vlan) + '/' + std::to_string(vni) + '/' + ip;
  return key;
}

std::optional<NeighbourMessage> ReadNeighbour(Bytes payload) {
  auto header = ReadAs<ndmsg>(payload);
  if (!header || header->ndm_ifindex <= 0) return std::nullopt;
  if (header->ndm_family != AF_INET && header->ndm_family != AF_INET6 && header->ndm_family != AF_BRIDGE) {
    return std::nullopt;
  }
  NeighbourMessage message;
  Neighbour& entry = message.neighbour;
  message.index = static_cast<uint32_t>(header->ndm_ifindex);
  entry.family = header->ndm_family;
  entry.state = header->ndm_state;
  entry.flags = header->ndm_flags;
  for (AttributeCursor at(After(payload, sizeof(ndmsg))); at.Next();) {
    switch (at.type()) {
      case NDA_LLADDR: entry.mac = HardwareText(at.payload()); break;
      case NDA_DST: entry.ip = IpText(at.payload()); break;
      case NDA_VLAN: entry.vlan = at.As<uint16_t>(); break;
      case NDA_VNI: entry.vni = at.As<uint32_t>(); break;
      default: break;
    }
  }
  return message;
}

}  // namespace skydive::kernel
