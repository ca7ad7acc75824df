// SPDX-License-Identifier: Apache-2.0
#include "kernel/address.h"

#include <linux/if_addr.h>
#include <netinet/in.h>

#include "kernel/address_text.h"

namespace skydive::kernel {

std::optional<AddressMessage> ReadAddress(Bytes payload) {
  auto header = ReadAs<ifaddrmsg>(payload);
  if (!header || (header->ifa_family != AF_INET && header->ifa_family != AF_INET6)) return std::nullopt;
  std::string local;
  std::string address;
  for (AttributeCursor at(After(payload, sizeof(ifaddrmsg))); at.Next();) {
    if (at.type() == IFA_LOCAL) local = IpText(at.payload());
    if (at.type() == IFA_ADDRESS) address = IpText(at.payload());
  }
  // IFA_ADDRESS is the peer's where there is an IFA_LOCAL that differs.
  if (local.empty()) local = address;
  if (local.empty()) return std::nullopt;
  AddressMessage message;
  message.index = header->ifa_index;
  message.address.family = header->ifa_family;
  message.address.cidr = local + '/' + std::to_string(header->ifa_prefixlen);
  if (address != local) message.address.peer = address;
  return message;
}

}  // namespace skydive::kernel
