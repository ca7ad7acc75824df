// SPDX-License-Identifier: Apache-2.0
#include "capture/sflow_reader.h"

#include <algorithm>
#include <span>

namespace skydive::capture {
namespace {

using layers::Cursor;

constexpr uint32_t kVersion = 5;
// More samples than any datagram holds.
constexpr uint32_t kMaxRecords = 4096;

// Formats, all of enterprise 0: of samples, of records in flow samples, of records in counter samples.
constexpr uint32_t kFlowSample = 1;
constexpr uint32_t kCounterSample = 2;
constexpr uint32_t kExpandedFlowSample = 3;
constexpr uint32_t kExpandedCounterSample = 4;
constexpr uint32_t kRawPacketHeader = 1;

// What a sampled header starts with; kEnd for what no flow is made of.
layers::Protocol FirstOf(uint32_t header_protocol) {
  switch (header_protocol) {
    case 1:
      return layers::Protocol::kEthernet;
    case 11:
      return layers::Protocol::kIpv4;
    case 12:
      return layers::Protocol::kIpv6;
    default:
      return layers::Protocol::kEnd;
  }
}

struct Field {
  const char* name;  // null: is skipped
  uint8_t bytes;
};

constexpr Field kInterface[] = {
    {nullptr, 4},              // ifIndex
    {nullptr, 4},              // ifType
    {nullptr, 8},              // ifSpeed
    {nullptr, 4},              // ifDirection
    {nullptr, 4},              // ifStatus
    {"IfInOctets", 8},         {"IfInUcastPkts", 4},      {"IfInMulticastPkts", 4},
    {"IfInBroadcastPkts", 4},  {"IfInDiscards", 4},       {"IfInErrors", 4},
    {"IfInUnknownProtos", 4},  {"IfOutOctets", 8},        {"IfOutUcastPkts", 4},
    {"IfOutMulticastPkts", 4}, {"IfOutBroadcastPkts", 4}, {"IfOutDiscards", 4},
    {"IfOutErrors", 4},
};
constexpr Field kEthernet[] = {
    {"EthAlignmentErrors", 4},
    {"EthFCSErrors", 4},
    {"EthSingleCollisionFrames", 4},
    {"EthMultipleCollisionFrames", 4},
    {"EthSQETestErrors", 4},
    {"EthDeferredTransmissions", 4},
    {"EthLateCollisions", 4},
    {"EthExcessiveCollisions", 4},
    {"EthInternalMacTransmitErrors", 4},
    {"EthCarrierSenseErrors", 4},
    {"EthFrameTooLongs", 4},
    {"EthInternalMacReceiveErrors", 4},
    {"EthSymbolErrors", 4},
};
constexpr Field kVlan[] = {
    {nullptr, 4},  // vlan_id
    {"VlanOctets", 8},        {"VlanUcastPkts", 4}, {"VlanMulticastPkts", 4},
    {"VlanBroadcastPkts", 4}, {"VlanDiscards", 4},
};
constexpr Field kApplication[] = {
    {nullptr, 4},  // user_time
    {nullptr, 4},  // system_time
    {"OvsAppMemUsed", 8}, {"OvsAppMemMax", 8},   {"OvsAppFdOpen", 4},
    {"OvsAppFdMax", 4},   {"OvsAppConnOpen", 4}, {"OvsAppConnMax", 4},
};
constexpr Field kDatapath[] = {
    {"OvsDpNHit", 4},     {"OvsDpNMissed", 4}, {"OvsDpNLost", 4},
    {"OvsDpNMaskHit", 4}, {"OvsDpNFlows", 4},  {"OvsDpNMasks", 4},
};

struct Record {
  uint32_t format;
  SflowCounters::Kind kind;
  std::span<const Field> fields;
};
constexpr Record kCounterRecords[] = {
    {1, SflowCounters::Kind::kInterface, kInterface}, {2, SflowCounters::Kind::kEthernet, kEthernet},
    {5, SflowCounters::Kind::kVlan, kVlan},           {2203, SflowCounters::Kind::kApplication, kApplication},
    {2207, SflowCounters::Kind::kDatapath, kDatapath},
};

// Takes `count` structures of a format, a length and so many bytes. False when they do not fit.
template <typename Take>
bool EachRecord(Cursor bytes, uint32_t count, const Take& take) {
  if (count > kMaxRecords) return false;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t length = bytes.U32(4);
    if (!bytes.Has(8) || bytes.size() - 8 < length) return false;
    if (!take(bytes.U32(0), bytes.From(8).First(length))) return false;
    // XDR: what follows is aligned to four bytes.
    bytes = bytes.From(8 + ((size_t{length} + 3) & ~size_t{3}));
  }
  return true;
}

bool TakeHeader(Cursor record, uint32_t sampling_rate, const SflowSink& sink) {
  const uint32_t stripped = record.U32(8);
  const uint32_t captured = record.U32(12);
  if (!record.Has(16) || record.size() - 16 < captured) return false;
  const layers::Protocol first = FirstOf(record.U32(0));
  if (first == layers::Protocol::kEnd || captured == 0) return true;
  const uint32_t length = record.U32(4);
  sink.packet({record.From(16).First(captured), length > stripped ? length - stripped : length, first,
               std::max(1u, sampling_rate)});
  return true;
}

// `rate`: where the sampling rate stands, `head`: where the records begin, after their number.
bool TakeFlowSample(Cursor sample, size_t rate, size_t head, const SflowSink& sink) {
  if (!sample.Has(head)) return false;
  return EachRecord(sample.From(head), sample.U32(head - 4), [&](uint32_t format, Cursor record) {
    return format == kRawPacketHeader ? TakeHeader(record, sample.U32(rate), sink) : true;
  });
}

bool TakeCounters(uint32_t format, Cursor bytes, const SflowSink& sink) {
  for (const Record& record : kCounterRecords) {
    if (record.format != format) continue;
    SflowCounters counters{record.kind, 0, {}};
    if (record.kind == SflowCounters::Kind::kInterface) counters.interface = bytes.U32(0);
    size_t at = 0;
    for (const Field& field : record.fields) {
      if (bytes.size() < at + field.bytes) return false;
      // All ones say that the agent does not count this.
      const uint64_t value = field.bytes == 8 ? bytes.U64(at) : bytes.U32(at);
      const uint64_t unknown = field.bytes == 8 ? UINT64_MAX : UINT32_MAX;
      if (field.name != nullptr && value != unknown) counters.values.emplace_back(field.name, value);
      at += field.bytes;
    }
    sink.counters(counters);
  }
  return true;
}

bool TakeCounterSample(Cursor sample, size_t head, const SflowSink& sink) {
  if (!sample.Has(head)) return false;
  return EachRecord(sample.From(head), sample.U32(head - 4),
                    [&](uint32_t format, Cursor record) { return TakeCounters(format, record, sink); });
}

bool TakeSample(uint32_t format, Cursor sample, const SflowSink& sink) {
  switch (format) {
    case kFlowSample:
      return TakeFlowSample(sample, 8, 32, sink);
    case kExpandedFlowSample:
      return TakeFlowSample(sample, 12, 44, sink);
    case kCounterSample:
      return TakeCounterSample(sample, 12, sink);
    case kExpandedCounterSample:
      return TakeCounterSample(sample, 16, sink);
    default:
      return true;
  }
}

}  // namespace

bool ReadSflow(Cursor datagram, const SflowSink& sink, std::string& why) {
  if (datagram.U32(0) != kVersion) {
    why = "sFlow version " + std::to_string(datagram.U32(0)) + ", 5 is understood";
    return false;
  }
  const uint32_t address_type = datagram.U32(4);
  if (address_type != 1 && address_type != 2) {
    why = "agent address of type " + std::to_string(address_type);
    return false;
  }
  const size_t address_bytes = address_type == 1 ? 4 : 16;
  const size_t head = 8 + address_bytes + 16;
  if (datagram.Has(head)) {
    SflowHead told;
    std::memcpy(told.agent, datagram.data() + 8, address_bytes);
    told.part = datagram.U32(8 + address_bytes);
    told.sequence = datagram.U32(12 + address_bytes);
    sink.head(told);
  }
  const bool whole = datagram.Has(head) &&
                     EachRecord(datagram.From(head), datagram.U32(head - 4), [&](uint32_t format, Cursor sample) {
                       return TakeSample(format, sample, sink);
                     });
  if (!whole) why = "a sample or record is cut short";
  return whole;
}

}  // namespace skydive::capture
