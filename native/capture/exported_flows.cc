// SPDX-License-Identifier: Apache-2.0
#include "capture/exported_flows.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "flow/text_keys.h"
#include "flow/xxhash64.h"
#include "layers/stack.h"

namespace skydive::capture {
namespace {

using layers::LayerType;

// What the original makes the UUIDs of such flows of, beside their start and their node.
constexpr uint64_t kUuidKey = 123;
// Counters stay below, whatever exporters say, so that no sum overflows.
constexpr int64_t kMaxCounter = int64_t{1} << 61;
constexpr size_t kStartsBeforeCleaning = 1024;

struct Transport {
  uint8_t protocol;
  flow::Protocol transport;
  std::string_view application;
};
// What flows of version 5 are made of.
constexpr Transport kTransports[] = {
    {IPPROTO_TCP, flow::Protocol::kTcp, "TCP"},      {IPPROTO_UDP, flow::Protocol::kUdp, "UDP"},
    {IPPROTO_ICMP, flow::Protocol::kIcmpv4, "ICMPv4"}, {IPPROTO_IPIP, flow::Protocol::kIpv4, "IPV4"},
    {IPPROTO_SCTP, flow::Protocol::kSctp, "SCTP"},
};

const Transport* TransportOf(uint8_t protocol) {
  const auto* found = std::find_if(std::begin(kTransports), std::end(kTransports),
                                   [protocol](const Transport& known) { return known.protocol == protocol; });
  return found == std::end(kTransports) ? nullptr : found;
}

// kNone for what has no name in a path.
LayerType LayerOf(uint8_t protocol) {
  switch (protocol) {
    case IPPROTO_ICMP:
      return LayerType::kIcmpv4;
    case IPPROTO_IGMP:
      return LayerType::kIgmp;
    case IPPROTO_IPIP:
      return LayerType::kIpv4;
    case IPPROTO_TCP:
      return LayerType::kTcp;
    case IPPROTO_UDP:
      return LayerType::kUdp;
    case IPPROTO_IPV6:
      return LayerType::kIpv6;
    case IPPROTO_GRE:
      return LayerType::kGre;
    case IPPROTO_ESP:
      return LayerType::kIpsecEsp;
    case IPPROTO_AH:
      return LayerType::kIpsecAh;
    case IPPROTO_ICMPV6:
      return LayerType::kIcmpv6;
    case 89:
      return LayerType::kOspf;
    case 97:
      return LayerType::kEtherIp;
    case 112:
      return LayerType::kVrrp;
    case IPPROTO_SCTP:
      return LayerType::kSctp;
    case IPPROTO_UDPLITE:
      return LayerType::kUdpLite;
    case IPPROTO_MPLS:
      return LayerType::kMpls;
    default:
      return LayerType::kNone;
  }
}

bool IsIcmp(const ExportedFlow& record) {
  return record.protocol == uint8_t(record.address_bytes == 4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6});
}

// Where exporters do not tell them apart, they stand in the destination port.
uint16_t IcmpTypeAndCode(const ExportedFlow& record) {
  const auto told = uint16_t(record.icmp_type << 8 | record.icmp_code);
  return told != 0 ? told : record.destination_port;
}

flow::IcmpType IcmpTypeOf(const ExportedFlow& record) {
  const auto type = uint8_t(IcmpTypeAndCode(record) >> 8);
  return record.address_bytes == 4 ? flow::OfIcmpv4(type) : flow::OfIcmpv6(type);
}

bool HasPorts(const ExportedFlow& record) {
  return record.protocol == IPPROTO_TCP || record.protocol == IPPROTO_UDP || record.protocol == IPPROTO_SCTP;
}

flow::Address AddressOf(const uint8_t* bytes, uint8_t size) {
  flow::Address address;
  address.size = size;
  std::memcpy(address.bytes, bytes, size);
  return address;
}

void FillVersion5(flow::Cold& flow, const ExportedFlow& record) {
  flow.has_transport = true;
  flow.transport_protocol = TransportOf(record.protocol)->transport;
  flow.port_a = record.source_port;
  flow.port_b = record.destination_port;
}

void FillNewer(flow::Cold& flow, const ExportedFlow& record) {
  if (record.has_macs) {
    flow.has_link = flow.link_readable = true;
    std::memcpy(flow.mac_a, record.source_mac, sizeof flow.mac_a);
    std::memcpy(flow.mac_b, record.destination_mac, sizeof flow.mac_b);
    flow.link_id = record.vlan;
  }
  if (record.address_bytes == 0) return;
  if (IsIcmp(record)) {
    flow.has_icmp = true;
    flow.icmp_type = IcmpTypeOf(record);
    flow.icmp_code = uint8_t(IcmpTypeAndCode(record));
  } else if (HasPorts(record)) {
    FillVersion5(flow, record);
  }
}

class Path {
 public:
  explicit Path(const ExportedFlow& record) {
    // Version 5 says nothing of the packets but their protocol: such flows have no path.
    if (record.version == 5) return;
    if (record.has_macs) Add(LayerType::kEthernet);
    if (record.has_macs && record.vlan != 0) Add(LayerType::kDot1Q);
    if (record.address_bytes == 0) return;
    Add(record.address_bytes == 4 ? LayerType::kIpv4 : LayerType::kIpv6);
    if (const LayerType layer = LayerOf(record.protocol); layer != LayerType::kNone) Add(layer);
  }

  std::span<const layers::Layer> layers() const { return {layers_, count_}; }

 private:
  void Add(LayerType type) {
    layers_[count_] = {};
    layers_[count_++].type = type;
  }

  layers::Layer layers_[4];
  size_t count_ = 0;
};

int64_t Bounded(uint64_t more, int64_t before) {
  return int64_t(std::min(more, uint64_t(kMaxCounter - std::min(before, kMaxCounter))));
}

// What a record adds to what its direction of the flow has.
int64_t MoreOf(uint64_t told, bool total, int64_t before) {
  // A total below what was counted is that of a flow begun anew.
  if (total && told >= uint64_t(before)) told -= uint64_t(before);
  return Bounded(told, before);
}

}  // namespace

uint64_t ExportedFlows::HashOf(const Key& key, uint64_t seed) {
  static_assert(sizeof(Key) == 64);
  flow::XxHash64 hash(seed);
  hash.Write(&key, sizeof key);
  return hash.Sum();
}

bool ExportedFlows::Count(const ExportedFlow& record, const kernel::UdpSource& exporter, int64_t now_ms) {
  const bool halves = record.version == 5;
  if (record.address_bytes == 0 && !record.has_macs) return false;
  if (halves && TransportOf(record.protocol) == nullptr) return false;

  // Version 5 counts half of a record in each direction, so each direction stays a flow of its own.
  Key key;
  std::memcpy(key.exporter, exporter.address, sizeof key.exporter);
  key.domain = record.domain;
  key.version = record.version;
  key.vlan = record.vlan;
  key.protocol = record.protocol;
  key.address_bytes = record.address_bytes;
  if (record.address_bytes == 0) {
    std::memcpy(key.first, record.source_mac, sizeof record.source_mac);
    std::memcpy(key.second, record.destination_mac, sizeof record.destination_mac);
  } else {
    std::memcpy(key.first, record.source, record.address_bytes);
    std::memcpy(key.second, record.destination, record.address_bytes);
    if (halves || HasPorts(record)) {
      key.first_port = record.source_port;
      key.second_port = record.destination_port;
    } else if (IsIcmp(record)) {
      key.icmp = uint16_t(uint16_t(IcmpTypeOf(record)) << 8 | (IcmpTypeAndCode(record) & 0xff));
    }
  }
  const int order = std::memcmp(key.first, key.second, sizeof key.first);
  const bool swapped = !halves && (order > 0 || (order == 0 && key.first_port > key.second_port));
  if (swapped) {
    std::swap(key.first, key.second);
    std::swap(key.first_port, key.second_port);
  }

  // Nothing can have been seen after now: an exporter's clock runs ahead.
  ExportedFlow timed = record;
  timed.last_ms = std::clamp<int64_t>(record.last_ms, 0, now_ms);
  timed.start_ms = std::clamp<int64_t>(record.start_ms, 0, timed.last_ms);
  const uint64_t hash = HashOf(key, table_.options().hash_seed);
  uint32_t place = table_.Find(hash);
  if (place == flow::HashIndex::kNotFound) place = Insert(timed, key, hash, swapped);

  const bool from_a = swapped == ((table_.hot(place).flags & flow::Hot::kSwapped) != 0);
  if (IsSeenElsewhere(place, from_a, record.side)) return false;

  const flow::Counters before = table_.hot(place).counters;
  flow::Counters more;
  if (halves) {
    more = {Bounded(record.packets / 2, before.ab_packets), Bounded(record.bytes / 2, before.ab_bytes),
            Bounded(record.packets / 2, before.ba_packets), Bounded(record.bytes / 2, before.ba_bytes)};
  } else if (from_a) {
    more = {MoreOf(record.packets, record.totals, before.ab_packets),
            MoreOf(record.bytes, record.totals, before.ab_bytes),
            MoreOf(record.reverse_packets, record.totals, before.ba_packets),
            MoreOf(record.reverse_bytes, record.totals, before.ba_bytes)};
  } else {
    more = {MoreOf(record.reverse_packets, record.totals, before.ab_packets),
            MoreOf(record.reverse_bytes, record.totals, before.ab_bytes),
            MoreOf(record.packets, record.totals, before.ba_packets),
            MoreOf(record.bytes, record.totals, before.ba_bytes)};
  }
  table_.CountMore(place, more, timed.last_ms);
  return true;
}

// An exporter that looks at both sides reports packets twice. The side that tells first of a direction counts.
bool ExportedFlows::IsSeenElsewhere(uint32_t place, bool from_a, ExportedFlow::Side side) {
  if (side == ExportedFlow::Side::kUnknown) return false;
  const uint8_t in = from_a ? flow::Hot::kFromAIn : flow::Hot::kFromBIn;
  const uint8_t out = from_a ? flow::Hot::kFromAOut : flow::Hot::kFromBOut;
  const uint8_t own = side == ExportedFlow::Side::kIn ? in : out;
  const uint8_t noted = table_.hot(place).flags & (in | out);
  if (noted == 0) table_.Note(place, own);
  return noted != 0 && noted != own;
}

uint32_t ExportedFlows::Insert(const ExportedFlow& record, const Key& key, uint64_t hash, bool swapped) {
  flow::Cold flow;
  flow.start_ms = record.start_ms;
  if (record.address_bytes != 0) {
    flow.has_network = true;
    flow.network_protocol = record.address_bytes == 4 ? flow::Protocol::kIpv4 : flow::Protocol::kIpv6;
    flow.ip_a = AddressOf(record.source, record.address_bytes);
    flow.ip_b = AddressOf(record.destination, record.address_bytes);
  }
  std::string_view application;
  if (record.version == 5) {
    FillVersion5(flow, record);
    application = TransportOf(record.protocol)->application;
  } else {
    FillNewer(flow, record);
    application = flow::ApplicationOfPorts(flow, table_.options());
  }
  const flow::Keys keys = flow::TextKeys(flow, 0);
  flow.l2_key = keys.l2;
  flow.l3_key = keys.l3;
  flow.uuid = UuidOf(key, record.start_ms);
  const uint32_t place =
      table_.Insert(hash, std::move(flow), Path(record).layers(), swapped, record.last_ms, application);
  starts_.try_emplace(record.start_ms, Place{place, table_.cold(place).generation});
  return place;
}

// Of the flows that start in one millisecond the first has the UUID that the original would give to all of them.
uint64_t ExportedFlows::UuidOf(const Key& key, int64_t start_ms) {
  const auto gone = [this](const auto& start) {
    const auto [place, generation] = start.second;
    return !table_.Used(place) || table_.cold(place).generation != generation;
  };
  if (starts_.size() > kStartsBeforeCleaning + 2 * table_.stats().flow_count) std::erase_if(starts_, gone);
  const auto first = starts_.find(start_ms);
  uint64_t seed = kUuidKey;
  if (first != starts_.end()) {
    if (gone(*first)) {
      starts_.erase(first);
    } else {
      seed = HashOf(key, kUuidKey);
    }
  }
  return flow::UuidOf(seed, start_ms, table_.options().node_tid);
}

}  // namespace skydive::capture
