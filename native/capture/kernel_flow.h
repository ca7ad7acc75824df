// SPDX-License-Identifier: Apache-2.0
// From an entry of the kernel's flow table to a flow.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

// Not "bpf/flow.h": the arrows between the native rooms do not name that room's importers yet.
#include "bpf/flow.h"
#include "flow/record.h"
#include "layers/stack.h"

namespace skydive::capture {

// Keyed hash of what identifies an entry.
uint64_t HashOf(const bpf::flow_key& key, uint64_t seed);

// The layers that an entry names, outermost first.
class KernelPath {
 public:
  explicit KernelPath(uint64_t path);
  std::span<const layers::Layer> layers() const { return {layers_.data(), count_}; }

 private:
  std::array<layers::Layer, bpf::LAYERS_AT_MOST> layers_;
  uint32_t count_ = 0;
};

// The flow of an entry, without its counters. `offset_ns` is between the kernel's clock and the epoch.
flow::Cold FlowOf(const bpf::flow_key& key, const bpf::flow_value& value, int64_t offset_ns,
                  const std::string& node_tid);

// When an entry saw its TCP flags: the first of each kind and direction stays.
void NoteTcpFlags(flow::TcpMetric& tcp, const bpf::flow_value& value, int64_t offset_ns, bool exchanged);

}  // namespace skydive::capture
