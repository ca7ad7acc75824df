// SPDX-License-Identifier: Apache-2.0
// IPFIX messages (RFC 7011, elements of RFC 7012): a template for IPv4 and one for IPv6, a record a direction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "flow/export/flow_export.h"
#include "flow/export/one_way.h"

namespace skydive::flow {

class Ipfix : public FlowExport {
 public:
  // Fits a datagram over IPv6 in an Ethernet frame.
  static constexpr size_t kMaxBytes = 1400;
  // The templates are in the first message of each export and in every so many after it: datagrams get lost.
  static constexpr uint32_t kTemplateEvery = 64;

  // The domain tells apart the exports of one host.
  explicit Ipfix(uint32_t domain) : domain_(domain) {}

  void Export(const Table& table, std::span<const uint32_t> places, int64_t now_ms, const Send& send) override;

 private:
  void Begin();
  void Add(const OneWay& way);
  void EndSet();
  void Flush(const Send& send);

  const uint32_t domain_;
  int64_t now_ms_ = 0;
  uint32_t sequence_ = 0;  // data records sent
  uint32_t records_ = 0;   // of the message
  uint32_t messages_ = 0;  // of the export
  uint16_t set_ = 0;       // the template of the set that is open, 0 for none
  size_t set_at_ = 0;
  std::string message_;
};

}  // namespace skydive::flow
