// SPDX-License-Identifier: Apache-2.0
// Datagrams of NetFlow version 5 and 9 (RFC 3954) and of IPFIX (RFC 7011, two-way flows by RFC 5103).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "capture/sequence.h"
#include "kernel/udp_receiver.h"
#include "layers/cursor.h"

namespace skydive::capture {

// Packets of one direction, or of both, between two ends, as an exporter counted them.
struct ExportedFlow {
  uint16_t version = 0;  // 5, 9, or 10 for IPFIX
  uint32_t domain = 0;   // of the exporter: its engine, source or observation domain
  uint8_t address_bytes = 0;  // 4, 16, or 0 when no address was told
  uint8_t source[16] = {};
  uint8_t destination[16] = {};
  uint16_t source_port = 0;
  // Of version 5 also what ICMP says: type and code.
  uint16_t destination_port = 0;
  uint8_t protocol = 0;  // of IP
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
  uint8_t tcp_flags = 0;
  // Where the exporter saw the packets.
  enum class Side : uint8_t { kUnknown, kIn, kOut } side = Side::kUnknown;
  bool has_macs = false;
  uint8_t source_mac[6] = {};
  uint8_t destination_mac[6] = {};
  uint16_t vlan = 0;
  // The counters tell what came since the record before, or since the flow's start. Who tells both means the first.
  bool deltas = false;
  bool totals = false;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t reverse_packets = 0;
  uint64_t reverse_bytes = 0;
  int64_t start_ms = 0;  // since the epoch, by this host's clock
  int64_t last_ms = 0;
};

struct NetflowStats {
  uint64_t flows = 0;
  uint64_t malformed = 0;    // datagrams
  uint64_t no_template = 0;  // sets of records whose template has not come yet
  uint64_t lost = 0;         // by the exporters' sequence numbers: version 5 counts flows, IPFIX records, 9 datagrams
  uint64_t templates_dropped = 0;  // to make room for others
  uint32_t sampling = 1;           // one of so many packets, as an exporter told last
};

class NetflowReader {
 public:
  using Sink = std::function<void(const ExportedFlow&)>;

  // `exporter` tells the senders apart: each has templates of its own. False when the datagram is malformed:
  // `why` tells; what came before the fault has gone to the sink.
  bool Read(layers::Cursor datagram, const kernel::UdpSource& exporter, int64_t now_ms, const Sink& sink,
            std::string& why);

  const NetflowStats& stats() const { return stats_; }

 private:
  static constexpr size_t kMaxFields = 256;
  static constexpr size_t kMaxDomains = 1024;
  // Fields of all templates together: 2 MiB.
  static constexpr size_t kMaxAllFields = 1 << 18;

  struct Field {
    uint32_t enterprise;
    uint16_t id;
    uint16_t length;  // kVariable: told in the record
  };
  struct Template {
    std::vector<Field> fields;
    size_t least_bytes = 0;
    bool options = false;
  };
  // What is known of an exporter's engine, source or observation domain.
  struct Domain {
    std::map<uint16_t, Template> templates;
    Sequence sequence;
    std::optional<int64_t> boot_ms;  // when an IPFIX exporter's clock was 0
    uint64_t used = 0;               // number of the datagram that used it last
  };
  // Version, address, port (of IPFIX, whose sessions are told apart by it), number of the domain.
  using DomainKey = std::tuple<uint16_t, std::array<uint8_t, 16>, uint16_t, uint32_t>;
  // How an exporter's times become those of this host.
  struct Clock {
    int64_t export_ms = 0;            // now, by the exporter's clock
    std::optional<uint32_t> uptime;   // of the exporter now, in ms
    int64_t shift_ms = 0;             // what its clock is behind this host's, when that is much

    int64_t OfUptime(uint32_t uptime_ms) const;
  };
  struct Reading {
    Domain& domain;
    uint32_t domain_number;
    uint16_t version;
    Clock clock;
    const Sink& sink;
    uint64_t records = 0;
    // Of the record that is being read: packets that are looked at, and those left out after them.
    uint64_t sampled = 0;
    uint64_t left_out = 0;
  };

  Domain& DomainOf(uint16_t version, const kernel::UdpSource& exporter, uint32_t number);
  bool ReadVersion5(layers::Cursor datagram, const kernel::UdpSource& exporter, int64_t now_ms, const Sink& sink);
  bool ReadVersion9(layers::Cursor datagram, const kernel::UdpSource& exporter, int64_t now_ms, const Sink& sink);
  bool ReadIpfix(layers::Cursor datagram, const kernel::UdpSource& exporter, int64_t now_ms, const Sink& sink);
  bool ReadSets(layers::Cursor sets, Reading& reading);
  bool ReadTemplates(layers::Cursor set, Reading& reading, bool options);
  void Keep(Domain& domain, uint16_t id, Template known);
  void Forget(Domain& domain, uint16_t id);
  void DropOldest(const Domain& except);
  bool ReadRecords(layers::Cursor set, const Template& known, Reading& reading);
  void TakeOption(uint16_t id, layers::Cursor value, Reading& reading);
  void NoteSampling(Reading& reading);

  std::map<DomainKey, Domain> domains_;
  size_t fields_ = 0;  // of all templates
  uint64_t datagrams_ = 0;
  NetflowStats stats_;
};

}  // namespace skydive::capture
