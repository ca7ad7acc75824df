// SPDX-License-Identifier: Apache-2.0
// Datagrams of sFlow version 5: sampled packets, and counters of interfaces and switches.
// https://sflow.org/sflow_version_5.txt, https://sflow.org/sflow_host.txt, Open vSwitch's lib/sflow.h.
#pragma once

#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "layers/cursor.h"
#include "layers/protocol.h"

namespace skydive::capture {

// Who sent a datagram, and which one of its it is.
struct SflowHead {
  uint8_t agent[16] = {};  // its address: the first 4 bytes of IPv4's
  uint32_t part = 0;       // of an agent that sends in several sequences
  uint32_t sequence = 0;

  // Without the sequence.
  auto operator<=>(const SflowHead& other) const {
    const int order = std::memcmp(agent, other.agent, sizeof agent);
    return order != 0 ? order <=> 0 : part <=> other.part;
  }
};

struct SflowPacket {
  layers::Cursor data;
  uint32_t length;  // on the wire, without what the agent stripped
  layers::Protocol first = layers::Protocol::kEthernet;
  uint32_t sampling_rate = 1;  // one of so many packets
};

// Counters of one record, by the names of the metadata `SFlow` (capture.md §6.1).
struct SflowCounters {
  enum class Kind : uint8_t { kInterface, kEthernet, kVlan, kApplication, kDatapath };
  Kind kind;
  uint32_t interface = 0;  // of kInterface
  std::vector<std::pair<const char*, uint64_t>> values;
};

struct SflowSink {
  std::function<void(const SflowHead&)> head;
  std::function<void(const SflowPacket&)> packet;
  std::function<void(const SflowCounters&)> counters;
};

// False when the datagram is malformed: `why` tells; what came before the fault has gone to the sink. Records of
// unknown kinds are skipped.
bool ReadSflow(layers::Cursor datagram, const SflowSink& sink, std::string& why);

}  // namespace skydive::capture
