// SPDX-License-Identifier: Apache-2.0
// The ICMP types that flows distinguish, by their numbers on the wire.
#pragma once

#include <cstdint>
#include <string_view>

namespace skydive::flow {

enum class IcmpType : uint8_t {
  kUnknown,
  kDestinationUnreachable,
  kEcho,
  kNeighbor,
  kAddressMask,
  kInfo,
  kParameterProblem,
  kRedirect,
  kRouter,
  kSourceQuench,
  kTimeExceeded,
  kTimestamp,
  kPacketTooBig,
};

IcmpType OfIcmpv4(uint8_t type);
IcmpType OfIcmpv6(uint8_t type);
std::string_view NameOf(IcmpType type);

}  // namespace skydive::flow
