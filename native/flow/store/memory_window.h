// SPDX-License-Identifier: Apache-2.0
// The flows that came lately, in memory until there are enough of them for a segment.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "flow/flow_view.h"
#include "flow/hash_index.h"
#include "flow/slab.h"
#include "flow/store/column.h"
#include "flow/store/dictionary.h"

namespace skydive::flow::store {

class MemoryWindow {
 public:
  static constexpr uint32_t kNone = HashIndex::kNotFound;

  // Takes an update of a flow over what was known of it. Returns its row, and whether that is new.
  std::pair<uint32_t, bool> Put(const FlowView& flow, uint64_t uuid, bool odd);
  uint32_t Find(uint64_t uuid) const;
  // The row replaces one of an older window.
  void Replace(uint32_t row, uint32_t segment, uint32_t older);
  void Arrived(int64_t now_ms);

  uint32_t rows() const { return count_; }
  size_t records() const { return records_.size(); }
  size_t Bytes() const;
  int64_t max_last_ms() const { return max_last_ms_; }
  int64_t arrived_first_ms() const { return arrived_first_ms_; }

  // The segment that holds all this: the bytes of its file.
  std::string Encode() const;

 private:
  struct Row {
    uint64_t uuid, tracking, l3_tracking, parent;
    int64_t start, last;
    Metric metric;
    int64_t link_id, network_id, transport_a, transport_b, transport_id, icmp_code, icmp_id;
    int64_t raw_packets_captured;
    int32_t link_protocol, network_protocol, transport_protocol, icmp_type, finish;
    uint32_t odd_uuid;
    uint32_t path, application, node_tid, capture_id, link_a, link_b, network_a, network_b;
    uint32_t extra;  // its place in extras_, from 1
    uint32_t flags;
  };
  struct Record {
    uint32_t row;
    Metric metric;
  };
  struct Packet {
    uint32_t row;
    uint32_t link_type;
    int64_t time_ms, index;
    uint32_t begin, size;
  };

  uint32_t Identifier(std::string_view text, uint64_t& value, uint32_t odd_flag);
  TextDictionary& texts(Dictionary dictionary) { return texts_[size_t(dictionary)]; }
  const TextDictionary& texts(Dictionary dictionary) const { return texts_[size_t(dictionary)]; }

  Slab<Row> rows_;
  uint32_t count_ = 0;
  std::vector<Record> records_;
  std::vector<Packet> packets_;
  std::string packet_bytes_;
  std::vector<std::string> extras_;
  size_t extra_bytes_ = 0;
  std::vector<std::pair<uint32_t, uint32_t>> replaced_;
  TextDictionary texts_[kDictionaries];
  HashIndex index_;
  int64_t max_last_ms_ = INT64_MIN;
  int64_t arrived_first_ms_ = 0;
  int64_t arrived_last_ms_ = 0;
};

}  // namespace skydive::flow::store
