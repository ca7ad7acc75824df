// SPDX-License-Identifier: Apache-2.0
#include "capture/netflow_reader.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "capture/netflow_element.h"

namespace skydive::capture {
namespace {

using layers::Cursor;

constexpr uint16_t kVariable = 65535;
constexpr uint32_t kReverse = 29305;  // enterprise of reverse elements, RFC 5103
// An exporter's clock that differs by more is wrong, and corrected by the difference.
constexpr int64_t kTrustedSkewMs = 10000;

}  // namespace

int64_t NetflowReader::Clock::OfUptime(uint32_t uptime_ms) const {
  // The 32 bits of the exporter's clock are used up after 49 days.
  return export_ms - int32_t(*uptime - uptime_ms);
}

bool NetflowReader::Read(Cursor datagram, const kernel::UdpSource& exporter, int64_t now_ms, const Sink& sink,
                         std::string& why) {
  bool whole = false;
  ++datagrams_;
  switch (datagram.U16(0)) {
    case 5:
      whole = ReadVersion5(datagram, exporter, now_ms, sink);
      break;
    case 9:
      whole = ReadVersion9(datagram, exporter, now_ms, sink);
      break;
    case 10:
      whole = ReadIpfix(datagram, exporter, now_ms, sink);
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

NetflowReader::Domain& NetflowReader::DomainOf(uint16_t version, const kernel::UdpSource& exporter,
                                               uint32_t number) {
  std::array<uint8_t, 16> address;
  std::copy(std::begin(exporter.address), std::end(exporter.address), address.begin());
  const DomainKey key{version, address, version == 10 ? exporter.port : 0, number};
  const auto [at, added] = domains_.try_emplace(key);
  at->second.used = datagrams_;
  if (added && domains_.size() > kMaxDomains) DropOldest(at->second);
  return at->second;
}

// Forgets what is known of the one that was silent for the longest time.
void NetflowReader::DropOldest(const Domain& except) {
  auto oldest = domains_.end();
  for (auto at = domains_.begin(); at != domains_.end(); ++at) {
    if (&at->second == &except) continue;
    if (oldest == domains_.end() || at->second.used < oldest->second.used) oldest = at;
  }
  if (oldest == domains_.end()) return;
  for (const auto& [id, known] : oldest->second.templates) fields_ -= known.fields.size();
  stats_.templates_dropped += oldest->second.templates.size();
  domains_.erase(oldest);
}

bool NetflowReader::ReadVersion5(Cursor datagram, const kernel::UdpSource& exporter, int64_t now_ms,
                                 const Sink& sink) {
  constexpr size_t kHeader = 24;
  constexpr size_t kRecord = 48;
  const uint16_t count = datagram.U16(2);
  if (count == 0 || count > 30 || !datagram.Has(kHeader + count * kRecord)) return false;
  // The exporter's clock may be wrong; only differences are taken from it.
  const Clock clock{now_ms, datagram.U32(4), 0};
  const uint16_t engine = datagram.U16(20);
  stats_.lost += DomainOf(5, exporter, engine).sequence.Lost(datagram.U32(16), count);
  // Beside the interval two bits tell how packets are chosen.
  if (const uint16_t interval = datagram.U16(22) & 0x3fff; interval != 0) stats_.sampling = interval;
  for (uint16_t i = 0; i < count; ++i) {
    const Cursor record = datagram.From(kHeader + i * kRecord);
    ExportedFlow flow;
    flow.version = 5;
    flow.domain = engine;
    SetAddress(flow.source, record.First(4), 4, flow);
    SetAddress(flow.destination, record.From(4).First(4), 4, flow);
    flow.packets = record.U32(16);
    flow.bytes = record.U32(20);
    flow.start_ms = clock.OfUptime(record.U32(24));
    flow.last_ms = clock.OfUptime(record.U32(28));
    flow.source_port = record.U16(32);
    flow.destination_port = record.U16(34);
    flow.tcp_flags = record.U8(37);
    flow.protocol = record.U8(38);
    if (flow.protocol == IPPROTO_ICMP) {
      flow.icmp_type = uint8_t(flow.destination_port >> 8);
      flow.icmp_code = uint8_t(flow.destination_port);
    }
    ++stats_.flows;
    sink(flow);
  }
  return true;
}

bool NetflowReader::ReadVersion9(Cursor datagram, const kernel::UdpSource& exporter, int64_t now_ms,
                                 const Sink& sink) {
  constexpr size_t kHeader = 20;
  if (!datagram.Has(kHeader)) return false;
  const uint32_t number = datagram.U32(16);
  Domain& domain = DomainOf(9, exporter, number);
  stats_.lost += domain.sequence.Lost(datagram.U32(12), 1);
  // The header's time is in seconds, and the exporter's clock may be wrong: times of its uptime count from now.
  const int64_t behind_ms = now_ms - int64_t{datagram.U32(8)} * 1000;
  const Clock clock{now_ms, datagram.U32(4), std::abs(behind_ms) > kTrustedSkewMs ? behind_ms : 0};
  Reading reading{domain, number, 9, clock, sink};
  return ReadSets(datagram.From(kHeader), reading);
}

bool NetflowReader::ReadIpfix(Cursor datagram, const kernel::UdpSource& exporter, int64_t now_ms,
                              const Sink& sink) {
  constexpr size_t kHeader = 16;
  const uint16_t length = datagram.U16(2);
  if (length < kHeader || !datagram.Has(length)) return false;
  const int64_t export_ms = int64_t{datagram.U32(4)} * 1000;
  const uint32_t number = datagram.U32(12);
  Domain& domain = DomainOf(10, exporter, number);
  const int64_t behind_ms = now_ms - export_ms;
  Clock clock{export_ms, {}, std::abs(behind_ms) > kTrustedSkewMs ? behind_ms : 0};
  Reading reading{domain, number, 10, clock, sink};
  const bool whole = ReadSets(datagram.First(length).From(kHeader), reading);
  // The sequence number counts the records before this message.
  stats_.lost += domain.sequence.Lost(datagram.U32(8), reading.records);
  return whole;
}

bool NetflowReader::ReadSets(Cursor sets, Reading& reading) {
  while (sets.Has(4)) {
    const uint16_t id = sets.U16(0);
    const uint16_t length = sets.U16(2);
    if (length < 4 || !sets.Has(length)) return false;
    const Cursor set = sets.First(length).From(4);
    const uint16_t first_template = reading.version == 10 ? 2 : 0;
    if (id == first_template || id == first_template + 1) {
      if (!ReadTemplates(set, reading, id != first_template)) return false;
    } else if (id >= 256) {
      const auto known = reading.domain.templates.find(id);
      if (known == reading.domain.templates.end()) {
        ++stats_.no_template;
      } else if (!ReadRecords(set, known->second, reading)) {
        return false;
      }
    }
    sets = sets.From(length);
  }
  return true;
}

bool NetflowReader::ReadTemplates(Cursor set, Reading& reading, bool options) {
  const bool ipfix = reading.version == 10;
  // What is shorter is padding.
  while (set.Has(options ? 6 : 4)) {
    const uint16_t id = set.U16(0);
    size_t count = set.U16(2);
    // Templates have numbers from 256 on: zeros are padding.
    if (id == 0 && count == 0) return true;
    size_t at = 4;
    if (options && (!ipfix || count != 0)) {
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
    if (count != 0 && known.least_bytes == 0) return false;
    // A template without fields is withdrawn.
    Forget(reading.domain, id);
    if (count != 0) Keep(reading.domain, id, std::move(known));
    set = set.From(at);
  }
  return true;
}

void NetflowReader::Forget(Domain& domain, uint16_t id) {
  const auto known = domain.templates.find(id);
  if (known == domain.templates.end()) return;
  fields_ -= known->second.fields.size();
  domain.templates.erase(known);
}

void NetflowReader::Keep(Domain& domain, uint16_t id, Template known) {
  while (fields_ + known.fields.size() > kMaxAllFields && domains_.size() > 1) DropOldest(domain);
  if (fields_ + known.fields.size() > kMaxAllFields) {
    ++stats_.templates_dropped;
    return;
  }
  fields_ += known.fields.size();
  domain.templates[id] = std::move(known);
}

bool NetflowReader::ReadRecords(Cursor set, const Template& known, Reading& reading) {
  Clock clock = reading.clock;
  if (!clock.uptime && reading.domain.boot_ms) clock.uptime = uint32_t(clock.export_ms - *reading.domain.boot_ms);
  while (set.Has(known.least_bytes)) {
    ExportedFlow flow;
    RecordTimes times;
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
      at += length;
      if (field.enterprise == kReverse) TakeReverse(field.id, value, flow);
      if (field.enterprise != 0) continue;
      TakeOption(field.id, value, reading);
      if (!known.options && !TakeTime(field.id, value, clock.export_ms, times)) TakeElement(field.id, value, flow);
    }
    set = set.From(at);
    NoteSampling(reading);
    ++reading.records;
    if (known.options) continue;
    flow.version = reading.version;
    flow.domain = reading.domain_number;
    const int64_t now_ms = clock.export_ms + (reading.version == 10 ? clock.shift_ms : 0);
    const auto timed = [&](const std::optional<int64_t>& told_ms, const std::optional<uint32_t>& uptime,
                           int64_t otherwise_ms) {
      if (told_ms) return *told_ms + clock.shift_ms;
      if (!uptime || !clock.uptime) return otherwise_ms;
      return clock.OfUptime(*uptime) + (reading.version == 10 ? clock.shift_ms : 0);
    };
    flow.last_ms = timed(times.last_ms, times.last_uptime, now_ms);
    // Before an exporter has told when its clock was 0, the difference counts.
    const bool lasted = times.first_uptime && times.last_uptime;
    const int64_t lasted_ms = lasted ? int32_t(*times.last_uptime - *times.first_uptime) : 0;
    flow.start_ms = timed(times.start_ms, times.first_uptime, flow.last_ms - std::max<int64_t>(0, lasted_ms));
    flow.last_ms = std::max(flow.last_ms, flow.start_ms);
    ++stats_.flows;
    reading.sink(flow);
  }
  return true;
}

// What exporters tell of themselves, in records of their own or in those of flows.
void NetflowReader::TakeOption(uint16_t id, Cursor value, Reading& reading) {
  switch (id) {
    case kInitMilliseconds:
      reading.domain.boot_ms = int64_t(std::min<uint64_t>(Unsigned(value), uint64_t{1} << 52));
      break;
    case kSamplingInterval:
    case kSamplerInterval:
    case kSamplingPackets:
      reading.sampled = Unsigned(value);
      break;
    case kSamplingSpace:
      // So many packets are looked at, then so many are not (RFC 5477).
      reading.left_out = Unsigned(value);
      break;
    default:
      return;
  }
}

void NetflowReader::NoteSampling(Reading& reading) {
  const uint64_t sampled = std::exchange(reading.sampled, 0);
  const uint64_t left_out = std::exchange(reading.left_out, 0);
  if (sampled == 0) return;
  const uint64_t more = left_out == 0 ? sampled - 1 : left_out / sampled;
  stats_.sampling = 1 + uint32_t(std::min<uint64_t>(more, UINT32_MAX - 1));
}

}  // namespace skydive::capture
