// SPDX-License-Identifier: Apache-2.0
// What a table's updates become by an export, for its tests.
#pragma once

#include <string>
#include <vector>

#include "flow/export/flow_export.h"

namespace skydive::flow::test {

inline uint64_t Read(const std::string& from, size_t at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value = value << 8 | uint8_t(from.at(at + i));
  return value;
}

struct Collector : FlowSink {
  explicit Collector(FlowExport& exported) : to(exported) {}

  void Flows(const Table& table, std::span<const uint32_t> places) override {
    to.Export(table, places, now_ms, [this](std::string datagram) { datagrams.push_back(std::move(datagram)); });
  }

  FlowExport& to;
  int64_t now_ms = 0;
  std::vector<std::string> datagrams;
};

}  // namespace skydive::flow::test
