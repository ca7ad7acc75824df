// SPDX-License-Identifier: Apache-2.0
// What a packet adds to its flow: counters, round trip time, TCP times.
#pragma once

#include "flow/options.h"
#include "flow/piece.h"
#include "flow/record.h"

namespace skydive::flow {

// Counts the piece in its direction.
void Count(Hot& hot, const Cold& cold, const Piece& piece, LayerKeyMode mode);
void MeasureRoundTrip(Cold& cold, const Piece& piece, int64_t time_ns);
void MeasureTcp(Cold& cold, const Piece& piece, int64_t time_ns);

// Bytes the piece counts for: of the frame in mode L2, of the piece in mode L3.
int64_t CountedBytes(const Piece& piece, LayerKeyMode mode);

inline void Add(Counters& counters, bool ab, int64_t bytes) {
  if (ab) {
    ++counters.ab_packets;
    counters.ab_bytes += bytes;
  } else {
    ++counters.ba_packets;
    counters.ba_bytes += bytes;
  }
}

}  // namespace skydive::flow
