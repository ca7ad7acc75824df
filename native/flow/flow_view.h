// SPDX-License-Identifier: Apache-2.0
// A flow as its protocol buffer has it. Texts and layers are views of the bytes that were read.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "flow/record.h"

namespace skydive::flow {

struct FlowView {
  struct Layer {
    bool present = false;
    int64_t protocol = 0;
    std::string_view a, b;
    int64_t id = 0;
  };
  struct Transport {
    bool present = false;
    int64_t protocol = 0, a = 0, b = 0, id = 0;
  };
  struct Icmp {
    bool present = false;
    int64_t type = 0, code = 0, id = 0;
  };
  // A serialized message, which may be empty.
  struct Message {
    bool present = false;
    std::string_view bytes;
  };
  struct RawPacket {
    int64_t time_ms = 0, index = 0, link_type = 0;
    std::string_view data;
  };

  std::string_view uuid, layers_path, application, parent_uuid, node_tid, capture_id, tracking_id,
      l3_tracking_id;
  int64_t start_ms = 0, last_ms = 0, raw_packets_captured = 0, finish = 0;
  Layer link, network;
  Transport transport;
  Icmp icmp;
  bool has_metric = false, has_last_update = false;
  Metric metric, last_update;
  Message tcp_metric, ip_metric, dhcpv4, dns, vrrpv2;
  std::vector<RawPacket> raw_packets;
};

// Reads a serialized Flow over what `flow` held. False when the bytes are none.
bool ReadFlow(std::string_view bytes, FlowView& flow);

// What a capture counted.
struct StatsView {
  std::string_view capture_id;
  int64_t flow_count = 0, flow_dropped = 0, kernel_flow_dropped = 0, packets_dropped = 0,
          packets_received = 0;
};
bool ReadStats(std::string_view bytes, StatsView& stats);

}  // namespace skydive::flow
