// SPDX-License-Identifier: Apache-2.0
// One captured packet, as every source hands it to a table.
#pragma once

#include <cstdint>

#include "layers/cursor.h"
#include "layers/protocol.h"

namespace skydive::flow {

struct Packet {
  layers::Cursor data;       // captured bytes, valid during the call
  int64_t time_ns;           // since the epoch
  uint32_t wire_length = 0;  // bytes on the wire, 0 when unknown
  // Length that the source knows better than the packet (sFlow samples), 0 otherwise.
  int64_t outer_length = 0;
  layers::Protocol first = layers::Protocol::kEthernet;
};

inline int64_t MillisOf(int64_t time_ns) { return time_ns / 1000000; }

}  // namespace skydive::flow
