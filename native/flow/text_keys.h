// SPDX-License-Identifier: Apache-2.0
// Identifiers of flows that were not made of packets: the same hash over the texts of their ends.
#pragma once

#include "flow/key.h"
#include "flow/record.h"

namespace skydive::flow {

// TrackingID and L3TrackingID as numbers, in mode L3, which is the only one that such flows have. `flow` is what the
// caller makes the UUID of.
Keys TextKeys(const Cold& flow, uint64_t key);

// The UUID of a flow with this key.
uint64_t UuidOf(uint64_t key, int64_t start_ms, const std::string& node_tid);

}  // namespace skydive::flow
