// SPDX-License-Identifier: Apache-2.0
// Datagrams of NetFlow version 5 and 9 (RFC 3954) and of IPFIX (RFC 7011, two-way flows by RFC 5103).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "layers/cursor.h"

namespace skydive::capture {

// Packets of one direction, or of both, between two ends, as an exporter counted them.
struct ExportedFlow {
  uint8_t address_bytes = 0;  // 4, 16, or 0 when no address was told
  uint8_t source[16] = {};
  uint8_t destination[16] = {};
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint8_t protocol = 0;  // of IP
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
  uint8_t tcp_flags = 0;
  bool has_macs = false;
  uint8_t source_mac[6] = {};
  uint8_t destination_mac[6] = {};
  uint16_t vlan = 0;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t reverse_packets = 0;
  uint64_t reverse_bytes = 0;
  int64_t start_ms = 0;  // since the epoch
  int64_t last_ms = 0;
};

struct NetflowStats {
  uint64_t flows = 0;
  uint64_t malformed = 0;     // datagrams
  uint64_t no_template = 0;   // sets of records whose template has not come yet
  uint64_t lost = 0;          // by the exporters' sequence numbers: version 5 counts flows, IPFIX records, 9 datagrams
  uint64_t templates_dropped = 0;
};

class NetflowReader {
 public:
  using Sink = std::function<void(const ExportedFlow&)>;

  // `exporter` tells the senders apart: each has templates of its own. False when the datagram is malformed:
  // `why` tells; what came before the fault has gone to the sink.
  bool Read(layers::Cursor datagram, const std::string& exporter, int64_t now_ms, const Sink& sink,
            std::string& why);

  const NetflowStats& stats() const { return stats_; }

 private:
  static constexpr size_t kMaxTemplates = 4096;
  static constexpr size_t kMaxFields = 256;
  static constexpr size_t kMaxExporters = 4096;

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
  // Exporter, observation domain, template.
  using TemplateKey = std::tuple<std::string, uint32_t, uint16_t>;
  struct Times {
    int64_t boot_ms = 0;  // when the exporter's clock was 0
    int64_t export_ms = 0;
  };

  bool ReadVersion5(layers::Cursor datagram, const std::string& exporter, int64_t now_ms, const Sink& sink);
  bool ReadVersion9(layers::Cursor datagram, const std::string& exporter, const Sink& sink);
  bool ReadIpfix(layers::Cursor datagram, const std::string& exporter, const Sink& sink);
  bool ReadSets(layers::Cursor sets, const std::string& exporter, uint32_t domain, const Times& times, bool ipfix,
                const Sink& sink, uint64_t& records);
  bool ReadTemplates(layers::Cursor set, const std::string& exporter, uint32_t domain, bool ipfix, bool options);
  bool ReadRecords(layers::Cursor set, const Template& known, const Times& times, const Sink& sink,
                   uint64_t& records);
  void Expect(const std::string& exporter, uint32_t domain, uint32_t sequence, uint64_t counted);

  std::map<TemplateKey, Template> templates_;
  // The sequence number that the next datagram is to have.
  std::map<std::pair<std::string, uint32_t>, uint32_t> next_;
  NetflowStats stats_;
};

}  // namespace skydive::capture
