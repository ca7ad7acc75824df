// SPDX-License-Identifier: Apache-2.0
// The rows of a segment that pass a filter. Texts are looked at once each, not once a flow; a column whose
// values all pass, or none, is not read.
#pragma once

#include "flow/filter.h"
#include "flow/store/bits.h"
#include "flow/store/segment.h"

namespace skydive::flow::store {

Bits Select(const Segment& segment, const Filter& filter);

// Rows with Start <= `to_ms` and Last >= `from_ms`.
Bits SelectWindow(const Segment& segment, int64_t from_ms, int64_t to_ms);

}  // namespace skydive::flow::store
