// SPDX-License-Identifier: Apache-2.0
// NetFlow version 5: IPv4 only. "NetFlow Services Solutions Guide", Cisco, tables B-3 and B-4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "flow/export/flow_export.h"
#include "flow/export/one_way.h"

namespace skydive::flow {

class Netflow5 : public FlowExport {
 public:
  // Of a datagram, as the original sends them.
  static constexpr size_t kMaxRecords = 20;
  static constexpr size_t kHeaderBytes = 24;
  static constexpr size_t kRecordBytes = 48;

  // Times in datagrams count from the start.
  explicit Netflow5(int64_t start_ms) : start_ms_(start_ms) {}

  void Export(const Table& table, std::span<const uint32_t> places, int64_t now_ms, const Send& send) override;

 private:
  void Add(const OneWay& way, uint64_t packets, uint64_t bytes);
  void Flush(const Send& send);

  const int64_t start_ms_;
  int64_t now_ms_ = 0;
  uint32_t sequence_ = 0;  // records sent
  uint16_t count_ = 0;     // of the datagram
  std::string datagram_;
};

}  // namespace skydive::flow
