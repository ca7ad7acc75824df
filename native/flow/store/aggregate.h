// SPDX-License-Identifier: Apache-2.0
// Answers about stored flows that hold none of them, so that there may be any number of flows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flow/store/search.h"

namespace skydive::flow::store {

// How many flows FoundFlows would have.
uint64_t CountFlows(const std::vector<Snapshot>& windows, const Search& search, const Bounds& bounds,
                    const Cancelled& cancelled);

struct FieldSum {
  double sum = 0;
  // A flow that lacks the field, when there is one.
  std::string lacking;
};

// Adds up an integer field of the flows that FoundFlows would have.
FieldSum SumFlows(std::vector<Snapshot> windows, const Search& search, Field field, const Bounds& bounds,
                  const Cancelled& cancelled);

}  // namespace skydive::flow::store
