// SPDX-License-Identifier: Apache-2.0
// How one table makes flows of packets: the options of its capture and the agent's settings.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "flow/key.h"

namespace skydive::flow {

// Bit mask of layers whose contents are kept with the flow.
enum ExtraLayer : uint32_t { kExtraVrrp = 1, kExtraDns = 2, kExtraDhcpv4 = 4 };

struct Options {
  std::string node_tid;
  std::string capture_id;
  LayerKeyMode mode = LayerKeyMode::kL2;
  bool tcp_metric = false;
  bool reassemble_tcp = false;
  bool defragment = false;
  uint32_t extra_layers = 0;
  // Raw packets kept for each flow: 0 none; negative captures none either, but is not "off" for the API.
  int64_t raw_packet_limit = 0;
  uint32_t max_entries = 500000;
  // Port to application name.
  std::map<uint16_t, std::string> tcp_ports;
  std::map<uint16_t, std::string> udp_ports;
  // Application to the milliseconds of silence after which its flows end; 0 or absent means never.
  std::map<std::string, int64_t, std::less<>> application_timeouts_ms;
  // When they end, also hand out flows that finished before, if they counted since: for sinks that add up what is new.
  bool all_news = false;
  // Emit flows from the least to the most recently seen one, at the price of sorting each batch.
  bool ordered = false;
  // Keys the table's hash, so that nobody can choose colliding packets.
  uint64_t hash_seed = 0;
};

}  // namespace skydive::flow
