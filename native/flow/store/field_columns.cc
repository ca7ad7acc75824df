// SPDX-License-Identifier: Apache-2.0
#include "flow/store/field_columns.h"

#include <algorithm>

#include "flow/flow_field.h"

namespace skydive::flow::store {

uint32_t FieldColumn::Intern(std::string_view text) {
  if (const auto found = known_.find(text); found != known_.end()) return found->second;
  const auto place = uint32_t(texts_.size());
  texts_.push_back(known_.emplace(text, place).first->first);
  return place;
}

uint32_t FieldColumn::OfDictionary(uint32_t window, const Segment& segment, uint32_t row) {
  if ((uint32_t(segment.Number(Column::kFlags, row)) & place_.flag) != place_.flag) return kNone;
  if (window != window_) {
    window_ = window;
    translated_.assign(segment.Texts(place_.dictionary), kNone);
  }
  const auto at = uint32_t(segment.Number(place_.column, row));
  if (translated_[at] == kNone) translated_[at] = Intern(segment.Text(place_.dictionary, at));
  return translated_[at];
}

void FieldColumn::Add(uint32_t window, const Segment& segment, uint32_t row) {
  if (place_.how == Place::How::kText) {
    places_.push_back(OfDictionary(window, segment, row));
    return;
  }
  FlowView flow;
  RowText text;
  std::string scratch;
  segment.Row(row, flow, text);
  const auto word = TextOf(flow, field_, scratch);
  places_.push_back(word ? Intern(*word) : kNone);
}

std::vector<FieldColumn> ReadColumns(std::vector<Snapshot> windows, const Search& search,
                                     std::span<const Field> fields, const Bounds& bounds,
                                     const Cancelled& cancelled) {
  std::vector<FieldColumn> columns(fields.begin(), fields.end());
  if (search.sort || search.dedup) {
    const FoundFlows found(std::move(windows), search, bounds, cancelled);
    for (FieldColumn& column : columns) {
      found.Each(
          [&](uint32_t window, const Segment& segment, uint32_t row) { column.Add(window, segment, row); });
    }
    return columns;
  }
  uint64_t room = std::min<uint64_t>(search.to, bounds.most == SIZE_MAX ? SIZE_MAX : bounds.most + 1);
  EachWindow(windows, search.filter, bounds, cancelled, [&](uint32_t window, const Bits& rows) {
    for (FieldColumn& column : columns) {
      uint64_t left = room;
      rows.Each([&](uint32_t row) {
        if (left == 0) return;
        --left;
        column.Add(window, *windows[window].segment, row);
      });
    }
    room -= std::min<uint64_t>(room, rows.Count());
    return room > 0;
  });
  return columns;
}

}  // namespace skydive::flow::store
