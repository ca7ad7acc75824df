// SPDX-License-Identifier: Apache-2.0
// Text fields of stored flows without the flows: what steps need that only look at ends and nodes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flow/store/place.h"
#include "flow/store/search.h"

namespace skydive::flow::store {

// Each different text once, and for each flow which of them it has.
class FieldColumn {
 public:
  // The flow lacks the field.
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit FieldColumn(Field field) : field_(field), place_(PlaceOf(field)) {}

  // The next flow's.
  void Add(uint32_t window, const Segment& segment, uint32_t row);

  const std::vector<std::string_view>& texts() const { return texts_; }
  const std::vector<uint32_t>& places() const { return places_; }

 private:
  uint32_t Intern(std::string_view text);
  uint32_t OfDictionary(uint32_t window, const Segment& segment, uint32_t row);

  const Field field_;
  const Place place_;
  std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>> known_;
  std::vector<std::string_view> texts_;  // keys of known_, which never move
  std::vector<uint32_t> places_;
  // Of the window at hand: places in its dictionary to ours.
  uint32_t window_ = UINT32_MAX;
  std::vector<uint32_t> translated_;
};

// Columns of the flows that FoundFlows would have, in its order; of one flow more than `bounds.most` when
// there are more.
std::vector<FieldColumn> ReadColumns(std::vector<Snapshot> windows, const Search& search,
                                     std::span<const Field> fields, const Bounds& bounds,
                                     const Cancelled& cancelled);

}  // namespace skydive::flow::store
