// SPDX-License-Identifier: Apache-2.0
// What the table keeps of a flow: a cache line that every packet touches, and the rest.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "flow/icmp_type.h"

namespace skydive::flow {

struct Counters {
  int64_t ab_packets = 0;
  int64_t ab_bytes = 0;
  int64_t ba_packets = 0;
  int64_t ba_bytes = 0;

  Counters operator-(const Counters& other) const {
    return {ab_packets - other.ab_packets, ab_bytes - other.ab_bytes, ba_packets - other.ba_packets,
            ba_bytes - other.ba_bytes};
  }
};

struct Metric {
  Counters counters;
  int64_t start_ms = 0;
  int64_t last_ms = 0;
  int64_t rtt_ns = 0;
};

enum class Protocol : uint8_t { kEthernet, kIpv4, kTcp, kUdp, kSctp, kIpv6, kIcmpv4, kIcmpv6 };
enum class FinishType : uint8_t { kNotFinished, kTimeout, kTcpFin, kTcpRst };

// All times in milliseconds since the epoch, 0 while unseen.
struct TcpMetric {
  int64_t ab_syn_start = 0, ba_syn_start = 0;
  uint32_t ab_syn_ttl = 0, ba_syn_ttl = 0;
  int64_t ab_fin_start = 0, ba_fin_start = 0;
  int64_t ab_rst_start = 0, ba_rst_start = 0;
  struct Stream {
    int64_t out_of_order = 0;
    int64_t skipped = 0;
    int64_t skipped_bytes = 0;
    int64_t packets = 0;
    int64_t bytes = 0;
    int64_t saw_start = 0;
    int64_t saw_end = 0;
  } ab, ba;
};

struct RawPacket {
  int64_t time_ms;
  int64_t index;  // from 1 within its flow
  uint32_t link_type;
  std::vector<uint8_t> data;
};

// What few flows have.
struct Extension {
  std::unique_ptr<TcpMetric> tcp;
  std::vector<uint8_t> dns;  // the message of the latest DNS packet
  int64_t dns_time_ns = 0;
  std::vector<uint8_t> dhcpv4;         // fixed part of the first packet's message
  std::vector<uint8_t> vrrp;           // fixed part of the first packet's advertisement
  std::vector<RawPacket> raw_packets;  // since the last update
  int64_t raw_packets_captured = 0;
};

struct alignas(64) Hot {
  enum Flag : uint8_t {
    kUsed = 1,
    kSwapped = 2,         // the first packet's ends were exchanged for the key
    kLinkDirected = 4,    // the key's order alone tells the direction of a packet
    kNetworkDirected = 8,  // the same, when the piece's own addresses made the key
    // Where an exporter saw what it counts from A, and from B: as it came in, or as it went out.
    kFromAIn = 16,
    kFromAOut = 32,
    kFromBIn = 64,
    kFromBOut = 128
  };

  uint64_t hash;
  uint64_t touch;  // number of the latest packet: the order of use
  int64_t last_ms;
  Counters counters;
  uint32_t epoch;  // update period of the latest packet
  uint8_t flags;
};
static_assert(sizeof(Hot) == 64);

struct Address {
  uint8_t size = 0;  // 4 or 16 bytes, 0 when the header was broken
  uint8_t bytes[16] = {};
};

// What a flow shows of its latest update period; it has none before its first one.
struct Period {
  Counters reported;  // totals at the latest update
  Counters change;    // before that
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t rtt_ns = 0;
};

struct Cold {
  uint64_t uuid = 0;
  uint64_t parent = 0;
  uint64_t l2_key = 0;
  uint64_t l3_key = 0;
  int64_t start_ms = 0;
  int64_t first_ns = 0;  // request whose answer gives the round trip time, 0 when none is waited for
  int64_t rtt_ns = 0;
  int64_t link_id = 0;
  int64_t network_id = 0;
  std::unique_ptr<Extension> extension;
  uint32_t generation = 0;  // tells apart the flows that used this place
  uint32_t name = 0;        // of Names
  uint32_t updates = 0;     // update that computed the period, 0 before the first one
  uint32_t fragments = 0;
  uint32_t fragment_errors = 0;
  uint16_t port_a = 0;
  uint16_t port_b = 0;
  uint16_t icmp_id = 0;
  uint8_t icmp_code = 0;
  uint8_t ip_protocol = 0;  // number in the IP header, after extension headers
  IcmpType icmp_type = IcmpType::kUnknown;
  Protocol network_protocol = Protocol::kIpv4;
  Protocol transport_protocol = Protocol::kTcp;
  FinishType finish = FinishType::kNotFinished;
  bool has_parent : 1 = false;
  bool has_link : 1 = false;
  bool link_readable : 1 = false;
  bool has_network : 1 = false;
  bool has_transport : 1 = false;
  bool has_icmp : 1 = false;
  bool has_ip_metric : 1 = false;
  bool whole : 1 = false;  // it leaves with its first report, which is all that it counted: it has no period
  uint8_t mac_a[6] = {};
  uint8_t mac_b[6] = {};
  Address ip_a;
  Address ip_b;

  Extension& Extend() {
    if (!extension) extension = std::make_unique<Extension>();
    return *extension;
  }
};

}  // namespace skydive::flow
