// SPDX-License-Identifier: Apache-2.0
#include "flow/icmp_type.h"

namespace skydive::flow {

IcmpType OfIcmpv4(uint8_t type) {
  switch (type) {
    case 0:
    case 8:
      return IcmpType::kEcho;
    case 3:
      return IcmpType::kDestinationUnreachable;
    case 4:
      return IcmpType::kSourceQuench;
    case 5:
      return IcmpType::kRedirect;
    case 9:
    case 10:
      return IcmpType::kRouter;
    case 11:
      return IcmpType::kTimeExceeded;
    case 12:
      return IcmpType::kParameterProblem;
    case 13:
    case 14:
      return IcmpType::kTimestamp;
    case 15:
    case 16:
      return IcmpType::kInfo;
    case 17:
    case 18:
      return IcmpType::kAddressMask;
    default:
      return IcmpType::kUnknown;
  }
}

IcmpType OfIcmpv6(uint8_t type) {
  switch (type) {
    case 1:
      return IcmpType::kDestinationUnreachable;
    case 2:
      return IcmpType::kPacketTooBig;
    case 3:
      return IcmpType::kTimeExceeded;
    case 4:
      return IcmpType::kParameterProblem;
    case 128:
    case 129:
      return IcmpType::kEcho;
    case 133:
    case 134:
      return IcmpType::kRouter;
    case 135:
    case 136:
      return IcmpType::kNeighbor;
    case 137:
      return IcmpType::kRedirect;
    default:
      return IcmpType::kUnknown;
  }
}

std::string_view NameOf(IcmpType type) {
  static constexpr std::string_view kNames[] = {"UNKNOWN",
                                                "DESTINATION_UNREACHABLE",
                                                "ECHO",
                                                "NEIGHBOR",
                                                "ADDRESS_MASK",
                                                "INFO",
                                                "PARAMETER_PROBLEM",
                                                "REDIRECT",
                                                "ROUTER",
                                                "SOURCE_QUENCH",
                                                "TIME_EXCEEDED",
                                                "TIMESTAMP",
                                                "PACKET_TOO_BIG"};
  return kNames[uint8_t(type)];
}

}  // namespace skydive::flow
