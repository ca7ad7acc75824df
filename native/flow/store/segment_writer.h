// SPDX-License-Identifier: Apache-2.0
// Puts the bytes of a segment together, section by section.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/store/column.h"
#include "flow/store/segment_format.h"

namespace skydive::flow::store {

class SegmentWriter {
 public:
  explicit SegmentWriter(const SegmentHead& head) : head_(head) {}

  void Numbers(Column column, std::span<const int64_t> values);
  // Times that are near the ones beside them.
  void Times(Column column, std::span<const int64_t> values, std::span<const int64_t> starts);
  void Bytes(Column column, std::string_view bytes);
  // The whole segment.
  std::string Finish();

 private:
  void Add(SectionHead section, std::string_view bytes);

  SegmentHead head_;
  std::vector<SectionHead> sections_;
  std::string body_;
};

// How a time is told from a start; none when it is too far from it.
bool TellTime(int64_t time, int64_t start, int64_t& told);
inline int64_t TimeTold(int64_t told, int64_t start) {
  if (told == 0) return 0;
  const uint64_t zigzag = uint64_t(told) - 1;
  return int64_t(uint64_t(start) + ((zigzag >> 1) ^ (0 - (zigzag & 1))));
}

}  // namespace skydive::flow::store
