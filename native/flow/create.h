// SPDX-License-Identifier: Apache-2.0
// Fills a new flow from the first piece of its key.
#pragma once

#include "flow/key.h"
#include "flow/options.h"
#include "flow/piece.h"
#include "flow/record.h"

namespace skydive::flow {

struct IpMetric {
  uint32_t fragments = 0;
  uint32_t errors = 0;
};

// Addresses, ports, identifiers, extra layers; neither the name nor the counters.
void FillFlow(Cold& cold, const Piece& piece, const Keys& keys, int64_t time_ns, const IpMetric* ip_metric,
              const Options& options);

// The name that the port map gives the flow's application, empty if none.
std::string_view ApplicationOfPorts(const Cold& cold, const Options& options);

}  // namespace skydive::flow
