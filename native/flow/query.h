// SPDX-License-Identifier: Apache-2.0
// Searches of flow tables: filter, sort, dedup and range, answered by a serialized FlowSet.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flow/filter.h"
#include "flow/table.h"

namespace skydive::flow {

class TableFields;

// filters.SearchQuery.
struct Search {
  Filter filter;
  // Of what is left after sorting and dedup.
  uint64_t from = 0;
  uint64_t to = UINT64_MAX;
  bool sort = false;
  bool descending = true;  // also where the query names no order
  Field sort_by = Field::kLast;
  bool dedup = false;
  Field dedup_by = Field::kTrackingId;
};

// None when it is malformed or its filter is beyond what is accepted.
std::optional<Search> ParseSearch(std::string_view bytes);

// One search of one table, in steps between which the table may change: flows found are answered with what
// they are when they are encoded, those gone meanwhile are left out.
class TableSearch {
 public:
  explicit TableSearch(const Search& search) : search_(search) {}

  // Looks at so many further places; false when all have been looked at.
  bool Look(const Table& table, uint32_t places);
  // Needs no table.
  void Arrange();
  // Adds at most so many of the flows to the answer; false when all have been.
  bool Encode(const Table& table, size_t flows);
  // Ends the answer.
  std::string Take();

 private:
  struct Found {
    int64_t number = 0;  // what it is sorted by, where that is an integer
    uint64_t touch = 0;  // the order of use: what ties and unsorted answers are ordered by
    uint32_t place = 0;
    uint32_t generation = 0;
    std::string text;  // what it is sorted by, where that is a text
  };

  bool Precedes(const Found& a, const Found& b) const;
  void Reserve(const Table& table);
  // Whether dedup has one before with that value, which then may have been replaced.
  bool IsCopy(TableFields& fields, Found& found);
  void Keep(Found&& found);
  void Trim();

  const Search& search_;
  uint32_t next_ = 0;
  std::vector<Found> found_;
  // Dedup: value to its place in found_.
  std::unordered_map<uint64_t, uint32_t> by_number_;
  std::unordered_map<std::string, uint32_t> by_text_;
  int64_t start_ms_ = 0;
  int64_t end_ms_ = 0;
  size_t encoded_ = 0;
  // In pieces, as a string that grows would be copied while the table is locked.
  std::vector<std::string> answer_;
};

// A whole search. `with_table(look)` calls `look(const Table&)` under the lock of the table; no call lasts
// much longer than a millisecond, whatever the size of the table and the filter, so that packets find their
// turn between them.
template <typename WithTable>
std::string AnswerSearch(const Search& search, WithTable&& with_table) {
  TableSearch run(search);
  const auto slice = [&with_table](auto step) {
    return with_table([&step](const Table& table) {
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
      bool more = true;
      while (more && std::chrono::steady_clock::now() < end) more = step(table);
      return more;
    });
  };
  while (slice([&run](const Table& table) { return run.Look(table, 64); })) {
  }
  run.Arrange();
  while (slice([&run](const Table& table) { return run.Encode(table, 64); })) {
  }
  return run.Take();
}

}  // namespace skydive::flow
