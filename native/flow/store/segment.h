// SPDX-License-Identifier: Apache-2.0
// A segment of stored flows, as the bytes of its file: mapped, or in memory. It never changes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "flow/flow_view.h"
#include "flow/store/column.h"
#include "flow/store/segment_format.h"

namespace skydive::flow::store {

// What a row's texts are spelled in that the segment does not have as they are.
struct RowText {
  std::string uuid, tracking, l3_tracking, parent;
};

class Segment {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // Both throw std::runtime_error when the bytes are no segment.
  static std::shared_ptr<const Segment> FromBytes(std::string bytes);
  // `sound`: the file was just written.
  static std::shared_ptr<const Segment> Map(const std::string& path, bool sound = false);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  uint32_t rows() const { return uint32_t(head().rows); }
  uint32_t records() const { return uint32_t(head().records); }
  uint32_t packets() const { return uint32_t(head().packets); }
  uint32_t replaced() const { return uint32_t(head().replaced); }
  size_t size() const { return size_; }
  std::string_view bytes() const { return {reinterpret_cast<const char*>(data_), size_}; }
  const SegmentHead& head() const { return *reinterpret_cast<const SegmentHead*>(data_); }

  // The sections have to be `Check`ed before they are read.
  int64_t Number(Column column, uint32_t at) const;
  void Numbers(Column column, uint32_t from, uint32_t count, int64_t* out) const;
  // Of a column that is not told from another one.
  int64_t Least(Column column) const { return section(column).base; }
  int64_t Greatest(Column column) const { return section(column).greatest; }
  uint32_t Texts(Dictionary dictionary) const { return uint32_t(section(EndsOf(dictionary)).count); }
  std::string_view Text(Dictionary dictionary, uint32_t place) const;

  // The row of a flow.
  uint32_t Find(uint64_t uuid) const;
  // Where the items of a row begin, in a column that says where they end.
  uint32_t Begin(Column ends, uint32_t row) const { return row == 0 ? 0 : uint32_t(Number(ends, row - 1)); }
  Metric Record(uint32_t record) const;
  FlowView::RawPacket Packet(uint32_t packet) const;
  // TCPMetric, IPMetric and extra layers, as fields of a Flow.
  std::string_view Extra(uint32_t row) const;
  // The flow, without raw packets; its texts live as long as the segment and `text`.
  void Row(uint32_t row, FlowView& flow, RowText& text) const;
  std::string_view Uuid(uint32_t row, std::string& scratch) const;

  // Whether all its bytes are as they were written; looked at once.
  bool Sound() const;

 private:
  Segment() = default;
  void Open();
  const SectionHead& section(Column column) const { return *sections_[size_t(column)]; }
  std::string_view Bytes(const SectionHead& section) const {
    return {reinterpret_cast<const char*>(data_) + section.offset, size_t(section.count) * section.width};
  }
  uint64_t Raw(const SectionHead& section, uint32_t at) const;
  std::string_view IdText(Column column, uint32_t row, uint32_t odd, std::string& scratch) const;

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
  std::string bytes_;
  bool mapped_ = false;
  std::array<const SectionHead*, size_t(Column::kEnd)> sections_{};
  mutable std::once_flag checked_;
  mutable bool sound_ = false;
  bool trusted_ = true;
};

}  // namespace skydive::flow::store
