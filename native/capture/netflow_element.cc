// SPDX-License-Identifier: Apache-2.0
#include "capture/netflow_element.h"

#include <algorithm>
#include <cstring>

namespace skydive::capture {
namespace {

using layers::Cursor;

// Seconds from the epoch of NTP (1900) to that of Unix.
constexpr int64_t kNtpToUnix = 2208988800;

// A timestamp of NTP: seconds, and a fraction of one.
int64_t NtpMillis(Cursor value) {
  const int64_t seconds = int64_t{value.U32(0)} - kNtpToUnix;
  return seconds * 1000 + int64_t((uint64_t{value.U32(4)} * 1000) >> 32);
}

bool IsZero(Cursor value) {
  return std::all_of(value.data(), value.data() + value.size(), [](uint8_t byte) { return byte == 0; });
}

void SetMac(uint8_t* to, Cursor value, ExportedFlow& flow) {
  if (value.size() != 6) return;
  flow.has_macs = true;
  std::memcpy(to, value.data(), 6);
}

}  // namespace

uint64_t Unsigned(Cursor value) {
  uint64_t number = 0;
  for (size_t i = 0; i < std::min<size_t>(value.size(), 8); ++i) number = number << 8 | value.U8(i);
  return number;
}

void SetAddress(uint8_t* to, Cursor value, uint8_t bytes, ExportedFlow& flow) {
  if (value.size() != bytes) return;
  // A template may have fields for both versions of IP: one is empty.
  if (flow.address_bytes != 0 && flow.address_bytes != bytes && IsZero(value)) return;
  flow.address_bytes = bytes;
  std::memcpy(to, value.data(), bytes);
}

void TakeReverse(uint16_t id, Cursor value, ExportedFlow& flow) {
  if (id == kOctets || id == kOctetsTotal) flow.reverse_bytes = Unsigned(value);
  if (id == kPackets || id == kPacketsTotal) flow.reverse_packets = Unsigned(value);
}

bool TakeTime(uint16_t id, Cursor value, int64_t export_ms, RecordTimes& times) {
  // Beyond this no sum of times overflows.
  const auto number = int64_t(std::min<uint64_t>(Unsigned(value), uint64_t{1} << 52));
  switch (id) {
    case kFirstSwitched:
      times.first_uptime = uint32_t(number);
      return true;
    case kLastSwitched:
      times.last_uptime = uint32_t(number);
      return true;
    case kStartSeconds:
      times.start_ms = number * 1000;
      return true;
    case kEndSeconds:
      times.last_ms = number * 1000;
      return true;
    case kStartMilliseconds:
      times.start_ms = number;
      return true;
    case kEndMilliseconds:
      times.last_ms = number;
      return true;
    case kStartMicroseconds:
    case kStartNanoseconds:
      times.start_ms = NtpMillis(value);
      return true;
    case kEndMicroseconds:
    case kEndNanoseconds:
      times.last_ms = NtpMillis(value);
      return true;
    case kStartDelta:
      times.start_ms = export_ms - number / 1000;
      return true;
    case kEndDelta:
      times.last_ms = export_ms - number / 1000;
      return true;
    default:
      return false;
  }
}

void TakeElement(uint16_t id, Cursor value, ExportedFlow& flow) {
  switch (id) {
    case kOctets:
    case kPackets:
      flow.deltas = true;
      flow.totals = false;
      (id == kOctets ? flow.bytes : flow.packets) = Unsigned(value);
      break;
    case kOctetsTotal:
    case kPacketsTotal:
      if (flow.deltas) break;
      flow.totals = true;
      (id == kOctetsTotal ? flow.bytes : flow.packets) = Unsigned(value);
      break;
    case kInitiatorOctets:
      flow.bytes = Unsigned(value);
      break;
    case kInitiatorPackets:
      flow.packets = Unsigned(value);
      break;
    case kResponderOctets:
      flow.reverse_bytes = Unsigned(value);
      break;
    case kResponderPackets:
      flow.reverse_packets = Unsigned(value);
      break;
    // The same packets as they leave: they count where nothing says how they came in.
    case kOutOctets:
      if (flow.bytes == 0) flow.bytes = Unsigned(value);
      break;
    case kOutPackets:
      if (flow.packets == 0) flow.packets = Unsigned(value);
      break;
    case kProtocol:
      flow.protocol = uint8_t(Unsigned(value));
      break;
    case kTcpFlags:
      flow.tcp_flags = uint8_t(Unsigned(value));
      break;
    case kDirection:
      flow.side = Unsigned(value) == 0 ? ExportedFlow::Side::kIn : ExportedFlow::Side::kOut;
      break;
    case kSourcePort:
      flow.source_port = uint16_t(Unsigned(value));
      break;
    case kDestinationPort:
      flow.destination_port = uint16_t(Unsigned(value));
      break;
    case kSourceIpv4:
      SetAddress(flow.source, value, 4, flow);
      break;
    case kDestinationIpv4:
      SetAddress(flow.destination, value, 4, flow);
      break;
    case kSourceIpv6:
      SetAddress(flow.source, value, 16, flow);
      break;
    case kDestinationIpv6:
      SetAddress(flow.destination, value, 16, flow);
      break;
    case kIcmpTypeCode:
    case kIcmpTypeCodeIpv6:
      flow.icmp_type = uint8_t(Unsigned(value) >> 8);
      flow.icmp_code = uint8_t(Unsigned(value));
      break;
    case kIcmpTypeIpv4:
    case kIcmpTypeIpv6:
      flow.icmp_type = uint8_t(Unsigned(value));
      break;
    case kIcmpCodeIpv4:
    case kIcmpCodeIpv6:
      flow.icmp_code = uint8_t(Unsigned(value));
      break;
    case kSourceMac:
      SetMac(flow.source_mac, value, flow);
      break;
    case kPostDestinationMac:
    case kDestinationMac:
      SetMac(flow.destination_mac, value, flow);
      break;
    case kVlan:
    case kDot1qVlan:
      flow.vlan = uint16_t(Unsigned(value) & 0xfff);
      break;
    default:
      break;
  }
}

}  // namespace skydive::capture
