// SPDX-License-Identifier: Apache-2.0
// What an export says of a flow: a record for each direction that had packets since the flow was exported before.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "flow/table.h"

namespace skydive::flow {

// flowEndReason of IPFIX (RFC 5102, 5.11.3).
enum class EndReason : uint8_t { kIdleTimeout = 1, kActiveTimeout = 2, kEndOfFlow = 3 };

struct OneWay {
  const Cold* flow = nullptr;
  const Address* source = nullptr;
  const Address* destination = nullptr;
  const uint8_t* source_mac = nullptr;  // null without a link layer
  const uint8_t* destination_mac = nullptr;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;  // ICMP: type and code
  uint8_t protocol = 0;
  EndReason reason = EndReason::kActiveTimeout;
  uint64_t packets = 0;
  uint64_t bytes = 0;  // from the IP header on
  int64_t first_ms = 0;
  int64_t last_ms = 0;
};

struct OneWays {
  std::array<OneWay, 2> records;
  uint32_t count = 0;

  std::span<const OneWay> all() const { return {records.data(), count}; }
};

// Whether exports can tell of the flow at all: it has IP addresses.
bool IsExportable(const Cold& flow);
// For flows that a table hands to its sink.
OneWays OneWaysOf(const Table& table, uint32_t place);
// Bytes before the IP header of each packet of a flow with a link layer, by its path.
uint32_t LinkBytes(std::string_view path);

}  // namespace skydive::flow
