// SPDX-License-Identifier: Apache-2.0
// What the fields of a record of NetFlow 9 or IPFIX say of a flow.
#pragma once

#include <cstdint>
#include <optional>

#include "capture/netflow_reader.h"
#include "layers/cursor.h"

namespace skydive::capture {

// Information elements, https://www.iana.org/assignments/ipfix; NetFlow 9 has the same numbers up to 127.
enum Element : uint16_t {
  kOctets = 1,
  kPackets = 2,
  kProtocol = 4,
  kTcpFlags = 6,
  kSourcePort = 7,
  kSourceIpv4 = 8,
  kDestinationPort = 11,
  kDestinationIpv4 = 12,
  kLastSwitched = 21,
  kFirstSwitched = 22,
  kOutOctets = 23,
  kOutPackets = 24,
  kSourceIpv6 = 27,
  kDestinationIpv6 = 28,
  kIcmpTypeCode = 32,
  kSamplingInterval = 34,
  kSamplerInterval = 50,
  kSourceMac = 56,
  kPostDestinationMac = 57,
  kVlan = 58,
  kDirection = 61,
  kDestinationMac = 80,
  kOctetsTotal = 85,
  kPacketsTotal = 86,
  kIcmpTypeCodeIpv6 = 139,
  kStartSeconds = 150,
  kEndSeconds = 151,
  kStartMilliseconds = 152,
  kEndMilliseconds = 153,
  kStartMicroseconds = 154,
  kEndMicroseconds = 155,
  kStartNanoseconds = 156,
  kEndNanoseconds = 157,
  kStartDelta = 158,
  kEndDelta = 159,
  kInitMilliseconds = 160,
  kIcmpTypeIpv4 = 176,
  kIcmpCodeIpv4 = 177,
  kIcmpTypeIpv6 = 178,
  kIcmpCodeIpv6 = 179,
  kInitiatorOctets = 231,
  kResponderOctets = 232,
  kDot1qVlan = 243,
  kInitiatorPackets = 298,
  kResponderPackets = 299,
  kSamplingPackets = 305,
  kSamplingSpace = 306,
};

// What a record says of its times.
struct RecordTimes {
  std::optional<uint32_t> first_uptime, last_uptime;
  std::optional<int64_t> start_ms, last_ms;  // by the exporter's clock
};

// A number of up to eight bytes.
uint64_t Unsigned(layers::Cursor value);
// An address of this many bytes, unless the field is an empty one beside that of the other version of IP.
void SetAddress(uint8_t* to, layers::Cursor value, uint8_t bytes, ExportedFlow& flow);
// False when the element is no time.
bool TakeTime(uint16_t id, layers::Cursor value, int64_t export_ms, RecordTimes& times);
// What other elements say; those that tell nothing of a flow are passed over.
void TakeElement(uint16_t id, layers::Cursor value, ExportedFlow& flow);
// The same of the other direction, RFC 5103.
void TakeReverse(uint16_t id, layers::Cursor value, ExportedFlow& flow);

}  // namespace skydive::capture
