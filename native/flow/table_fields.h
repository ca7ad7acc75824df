// SPDX-License-Identifier: Apache-2.0
// The fields of the flows of a table, by the names that filters use.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "flow/field.h"
#include "flow/filter.h"
#include "flow/table.h"

namespace skydive::flow {

class TableFields {
 public:
  explicit TableFields(const Table& table) : table_(table) {}

  // A text field; none when the flow lacks its layer. Valid until the next call.
  std::optional<std::string_view> Text(uint32_t place, Field field);
  // An integer field; none when the flow lacks its layer.
  std::optional<int64_t> Integer(uint32_t place, Field field);
  bool HasLayer(uint32_t place, Field layer) const;

  const Cold& cold(uint32_t place) const { return table_.cold(place); }

  bool Matches(uint32_t place, const Filter& filter);

 private:
  bool MatchesLeaf(uint32_t place, const Filter& leaf);
  std::string_view Spelled() const { return text_; }

  const Table& table_;
  std::string text_;
};

}  // namespace skydive::flow
