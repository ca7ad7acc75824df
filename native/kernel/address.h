// SPDX-License-Identifier: Apache-2.0
// An address of an interface as RTM_NEWADDR describes it (rtnetlink(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/netlink_cursor.h"

namespace skydive::kernel {

struct Address {
  // AF_INET or AF_INET6.
  uint8_t family = 0;
  // `10.0.0.1/24`
  std::string cidr;
  // The other end of a point-to-point link; the same local address may have several.
  std::string peer;
  bool operator==(const Address&) const = default;
};

struct AddressMessage {
  uint32_t index = 0;
  Address address;
};

std::optional<AddressMessage> ReadAddress(Bytes payload);

}  // namespace skydive::kernel
