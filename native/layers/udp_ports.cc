// SPDX-License-Identifier: Apache-2.0
#include "layers/udp_ports.h"

namespace skydive::layers {

UdpPorts::UdpPorts() {
  static constexpr Entry kDefaults[] = {
      {53, Protocol::kDns},      {67, Protocol::kDhcpv4},  {68, Protocol::kDhcpv4},
      {123, Protocol::kNtp},     {546, Protocol::kDhcpv6}, {547, Protocol::kDhcpv6},
      {2152, Protocol::kGtpv1u}, {3784, Protocol::kBfd},   {4789, Protocol::kVxlan},
      {8472, Protocol::kVxlan},  {5060, Protocol::kSip},   {6081, Protocol::kGeneve},
      {6343, Protocol::kSflow},
  };
  for (const Entry& entry : kDefaults) Add(entry.port, entry.protocol);
}

void UdpPorts::Add(uint16_t port, Protocol protocol) {
  for (size_t i = 0; i < count_; ++i) {
    if (entries_[i].port == port) {
      entries_[i].protocol = protocol;
      return;
    }
  }
  if (count_ == kMaxPorts) return;
  entries_[count_++] = {port, protocol};
  known_[port >> 6] |= uint64_t{1} << (port & 63);
}

Protocol UdpPorts::Search(uint16_t port) const {
  for (size_t i = 0; i < count_; ++i) {
    if (entries_[i].port == port) return entries_[i].protocol;
  }
  return Protocol::kPayload;
}

}  // namespace skydive::layers
