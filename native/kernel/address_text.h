// SPDX-License-Identifier: Apache-2.0
// The usual spelling of addresses.
#pragma once

#include <string>

#include "kernel/netlink_cursor.h"

namespace skydive::kernel {

// Lower-case colon form of a hardware address of any length.
std::string HardwareText(Bytes bytes);

// IPv4 of 4 bytes, IPv6 of 16 bytes, empty of any other length.
std::string IpText(Bytes bytes);

}  // namespace skydive::kernel
