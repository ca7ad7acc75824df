// SPDX-License-Identifier: Apache-2.0
// Flows as datagrams that other collectors read.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "flow/table.h"

namespace skydive::flow {

class FlowExport {
 public:
  using Send = std::function<void(std::string)>;

  virtual ~FlowExport() = default;
  // What is new of the flows that a table hands to its sink.
  virtual void Export(const Table& table, std::span<const uint32_t> places, int64_t now_ms, const Send& send) = 0;
  // Flows that the format cannot tell of.
  uint64_t skipped() const { return skipped_; }

 protected:
  uint64_t skipped_ = 0;
};

}  // namespace skydive::flow
