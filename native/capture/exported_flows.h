// SPDX-License-Identifier: Apache-2.0
// Flows as exporters of NetFlow and IPFIX report them, counted in a flow table.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "capture/netflow_reader.h"
#include "flow/table.h"
#include "kernel/udp_receiver.h"

namespace skydive::capture {

class ExportedFlows {
 public:
  // The table outlives this.
  explicit ExportedFlows(flow::Table& table) : table_(table) {}

  // False when the record does not count: it has no ends, or (version 5) a protocol that such flows lack, or tells
  // once more, as they went out, of packets that are counted as they came in (or the other way round).
  bool Count(const ExportedFlow& record, const kernel::UdpSource& exporter, int64_t now_ms);

 private:
  // What tells the flows apart. Without gaps, for it is hashed as bytes.
  struct Key {
    uint8_t first[16] = {};
    uint8_t second[16] = {};
    uint8_t exporter[16] = {};
    uint32_t domain = 0;
    uint16_t version = 0;
    uint16_t first_port = 0;
    uint16_t second_port = 0;
    uint16_t vlan = 0;
    uint16_t icmp = 0;
    uint8_t protocol = 0;
    uint8_t address_bytes = 0;
  };
  struct Place {
    uint32_t place;
    uint32_t generation;
  };

  bool IsSeenElsewhere(uint32_t place, bool from_a, ExportedFlow::Side side);
  static uint64_t HashOf(const Key& key, uint64_t seed);
  uint32_t Insert(const ExportedFlow& record, const Key& key, uint64_t hash, bool swapped);
  uint64_t UuidOf(const Key& key, int64_t start_ms);

  flow::Table& table_;
  // Flows by the millisecond of their start: the first of each.
  std::unordered_map<int64_t, Place> starts_;
};

}  // namespace skydive::capture
