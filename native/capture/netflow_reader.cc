// SPDX-License-Identifier: Apache-2.0
#include "capture/netflow_reader.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace skydive::capture {
namespace {

using layers::Cursor;

constexpr uint16_t kVariable = 65535;
constexpr uint32_t kReverse = 29305;  // enterprise of reverse elements, RFC 5103
// Seconds from the epoch of NTP (1900) to that of Unix.
constexpr int64_t kNtpToUnix = 2208988800;

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
  kSourceMac = 56,
  kPostDestinationMac = 57,
  kVlan = 58,
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
  kDot1qVlan = 243,
};

uint64_t Unsigned(Cursor value) {
  uint64_t number = 0;
  for (size_t i = 0; i < std::min<size_t>(value.size(), 8); ++i) number = number << 8 | value.U8(i);
  return number;
}

// A timestamp of NTP: seconds, and a fraction of one.
int64_t NtpMillis(Cursor value) {
  const int64_t seconds = int64_t{value.U32(0)} - kNtpToUnix;
  return seconds * 1000 + int64_t((uint64_t{value.U32(4)} * 1000) >> 32);
}

void SetAddress(uint8_t* to, Cursor value, uint8_t bytes, ExportedFlow& flow) {
  if (value.size() != bytes) return;
  flow.address_bytes = bytes;
  std::memcpy(to, value.data(), bytes);
}

void SetMac(uint8_t* to, Cursor value, ExportedFlow& flow) {
  if (value.size() != 6) return;
  flow.has_macs = true;
  std::memcpy(to, value.data(), 6);
}

void TakeReverse(uint16_t id, Cursor value, ExportedFlow& flow) {
  if (id == kOctets || id == kOctetsTotal) flow.reverse_bytes = Unsigned(value);
  if (id == kPackets || id == kPacketsTotal) flow.reverse_packets = Unsigned(value);
}

void TakeElement(uint16_t id, Cursor value, int64_t boot_ms, int64_t export_ms, ExportedFlow& flow) {
  switch (id) {
    case kOctets:
    case kOctetsTotal:
      flow.bytes = Unsigned(value);
      break;
    case kPackets:
    case kPacketsTotal:
      flow.packets = Unsigned(value);
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
    case kFirstSwitched:
      flow.start_ms = boot_ms + int64_t(Unsigned(value));
      break;
    case kLastSwitched:
      flow.last_ms = boot_ms + int64_t(Unsigned(value));
      break;
    case kStartSeconds:
      flow.start_ms = int64_t(Unsigned(value)) * 1000;
      break;
    case kEndSeconds:
      flow.last_ms = int64_t(Unsigned(value)) * 1000;
      break;
    case kStartMilliseconds:
      flow.start_ms = int64_t(Unsigned(value));
      break;
    case kEndMilliseconds:
      flow.last_ms = int64_t(Unsigned(value));
      break;
    case kStartMicroseconds:
    case kStartNanoseconds:
      flow.start_ms = NtpMillis(value);
      break;
    case kEndMicroseconds:
    case kEndNanoseconds:
      flow.last_ms = NtpMillis(value);
      break;
    case kStartDelta:
      flow.start_ms = export_ms - int64_t(Unsigned(value)) / 1000;
      break;
    case kEndDelta:
      flow.last_ms = export_ms - int64_t(Unsigned(value)) / 1000;
      break;
    default:
      break;
  }
}

}  // namespace

bool NetflowReader::Read(Cursor datagram, const std::string& exporter, int64_t now_ms, const Sink& sink,
                         std::string& why) {
  bool whole = false;
  switch (datagram.U16(0)) {
    case 5:
      whole = ReadVersion5(datagram, exporter, now_ms, sink);
      break;
    case 9:
      whole = ReadVersion9(datagram, exporter, sink);
      break;
    case 10:
      whole = ReadIpfix(datagram, exporter, sink);
      break;
    default:
      why = "NetFlow version " + std::to_string(datagram.U16(0)) + "; 5, 9 and 10 (IPFIX) are understood";
      ++stats_.malformed;
      return false;
  }
  if (whole) return true;
  why = "the datagram is malformed or cut short";
  ++stats_.malformed;
  return false;
}

bool NetflowReader::ReadVersion5(Cursor datagram, const std::string& exporter, int64_t now_ms, const Sink& sink) {
  constexpr size_t kHeader = 24;
  constexpr size_t kRecord = 48;
  const uint16_t count = datagram.U16(2);
  if (count == 0 || count > 30 || !datagram.Has(kHeader + count * kRecord)) return false;
  // The exporter's clock may be wrong; only differences are taken from it.
  const int64_t boot_ms = now_ms - datagram.U32(4);
  Expect(exporter, datagram.U16(20), datagram.U32(16), count);
  for (uint16_t i = 0; i < count; ++i) {
    const Cursor record = datagram.From(kHeader + i * kRecord);
    ExportedFlow flow;
    SetAddress(flow.source, record.First(4), 4, flow);
    SetAddress(flow.destination, record.From(4).First(4), 4, flow);
    flow.packets = record.U32(16);
    flow.bytes = record.U32(20);
    flow.start_ms = boot_ms + record.U32(24);
    flow.last_ms = boot_ms + record.U32(28);
    flow.source_port = record.U16(32);
    flow.destination_port = record.U16(34);
    flow.tcp_flags = record.U8(37);
    flow.protocol = record.U8(38);
    if (flow.protocol == IPPROTO_ICMP) {
      // Type and code stand in the destination port.
      flow.icmp_type = uint8_t(flow.destination_port >> 8);
      flow.icmp_code = uint8_t(flow.destination_port);
      flow.destination_port = 0;
    }
    ++stats_.flows;
    sink(flow);
  }
  return true;
}

bool NetflowReader::ReadVersion9(Cursor datagram, const std::string& exporter, const Sink& sink) {
  constexpr size_t kHeader = 20;
  if (!datagram.Has(kHeader)) return false;
  const int64_t export_ms = int64_t{datagram.U32(8)} * 1000;
  const uint32_t domain = datagram.U32(16);
  Expect(exporter, domain, datagram.U32(12), 1);
  uint64_t records = 0;
  const Times times{export_ms - datagram.U32(4), export_ms};
  return ReadSets(datagram.From(kHeader), exporter, domain, times, false, sink, records);
}

bool NetflowReader::ReadIpfix(Cursor datagram, const std::string& exporter, const Sink& sink) {
  constexpr size_t kHeader = 16;
  const uint16_t length = datagram.U16(2);
  if (length < kHeader || !datagram.Has(length)) return false;
  const int64_t export_ms = int64_t{datagram.U32(4)} * 1000;
  const uint32_t domain = datagram.U32(12);
  uint64_t records = 0;
  const bool whole =
      ReadSets(datagram.First(length).From(kHeader), exporter, domain, {0, export_ms}, true, sink, records);
  // The sequence number counts the records before this message.
  Expect(exporter, domain, datagram.U32(8), records);
  return whole;
}

bool NetflowReader::ReadSets(Cursor sets, const std::string& exporter, uint32_t domain, const Times& times,
                             bool ipfix, const Sink& sink, uint64_t& records) {
  while (sets.Has(4)) {
    const uint16_t id = sets.U16(0);
    const uint16_t length = sets.U16(2);
    if (length < 4 || !sets.Has(length)) return false;
    const Cursor set = sets.First(length).From(4);
    const uint16_t first_template = ipfix ? 2 : 0;
    if (id == first_template || id == first_template + 1) {
      if (!ReadTemplates(set, exporter, domain, ipfix, id != first_template)) return false;
    } else if (id >= 256) {
      const auto known = templates_.find({exporter, domain, id});
      if (known == templates_.end()) {
        ++stats_.no_template;
      } else if (!ReadRecords(set, known->second, times, sink, records)) {
        return false;
      }
    }
    sets = sets.From(length);
  }
  return true;
}

bool NetflowReader::ReadTemplates(Cursor set, const std::string& exporter, uint32_t domain, bool ipfix,
                                  bool options) {
  // What is shorter is padding.
  while (set.Has(options ? 6 : 4)) {
    const uint16_t id = set.U16(0);
    size_t count = set.U16(2);
    size_t at = 4;
    if (options) {
      // NetFlow 9 tells the bytes of the fields, IPFIX their number, the scope's included.
      if (!ipfix) count = (size_t{set.U16(2)} + set.U16(4)) / 4;
      at = 6;
    }
    if (id < 256 || count > kMaxFields) return false;
    Template known;
    known.options = options;
    for (size_t i = 0; i < count; ++i) {
      Field field{0, set.U16(at), set.U16(at + 2)};
      if (set.size() < at + 4) return false;
      at += 4;
      if (ipfix && (field.id & 0x8000) != 0) {
        if (set.size() < at + 4) return false;
        field.id &= 0x7fff;
        field.enterprise = set.U32(at);
        at += 4;
      }
      known.least_bytes += field.length == kVariable ? 1 : field.length;
      known.fields.push_back(field);
    }
    const TemplateKey key{exporter, domain, id};
    if (count == 0) {
      // A template without fields is withdrawn.
      templates_.erase(key);
    } else if (known.least_bytes == 0) {
      return false;
    } else if (templates_.size() < kMaxTemplates || templates_.contains(key)) {
      templates_[key] = std::move(known);
    } else {
      ++stats_.templates_dropped;
    }
    set = set.From(at);
  }
  return true;
}

bool NetflowReader::ReadRecords(Cursor set, const Template& known, const Times& times, const Sink& sink,
                                uint64_t& records) {
  while (set.Has(known.least_bytes)) {
    ExportedFlow flow;
    size_t at = 0;
    for (const Field& field : known.fields) {
      size_t length = field.length;
      if (length == kVariable) {
        if (set.size() < at + 1) return false;
        length = set.U8(at++);
        if (length == 255) {
          if (set.size() < at + 2) return false;
          length = set.U16(at);
          at += 2;
        }
      }
      if (set.size() < at + length) return false;
      const Cursor value = set.From(at).First(length);
      if (field.enterprise == 0) TakeElement(field.id, value, times.boot_ms, times.export_ms, flow);
      if (field.enterprise == kReverse) TakeReverse(field.id, value, flow);
      at += length;
    }
    set = set.From(at);
    ++records;
    if (known.options) continue;
    if (flow.start_ms == 0) flow.start_ms = flow.last_ms != 0 ? flow.last_ms : times.export_ms;
    if (flow.last_ms == 0) flow.last_ms = std::max(flow.start_ms, times.export_ms);
    ++stats_.flows;
    sink(flow);
  }
  return true;
}

void NetflowReader::Expect(const std::string& exporter, uint32_t domain, uint32_t sequence, uint64_t counted) {
  const std::pair key{exporter, domain};
  const auto expected = next_.find(key);
  if (expected != next_.end()) {
    const uint32_t gap = sequence - expected->second;
    // A large one is an exporter that was started anew, or datagrams in another order.
    if (gap < 1u << 31) stats_.lost += gap;
  } else if (next_.size() >= kMaxExporters) {
    return;
  }
  next_[key] = sequence + uint32_t(counted);
}

}  // namespace skydive::capture
