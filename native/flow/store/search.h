// SPDX-License-Identifier: Apache-2.0
// Questions about stored flows, answered from the windows of a store as they are at that moment.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "flow/query.h"
#include "flow/store/select.h"
#include "flow/store/store.h"

namespace skydive::flow::store {

// Ends a search early.
using Cancelled = std::atomic<bool>;

struct Bounds {
  // Times of what is wanted, both included.
  int64_t from_ms = INT64_MIN;
  int64_t to_ms = INT64_MAX;
  // Items that an answer may have; one more is given to say so.
  size_t most = SIZE_MAX;
};

// Calls `visit(window, rows)` with the flows of each window that pass, in their latest state, until it
// returns false: the oldest window first, those without such flows left out.
template <typename Visit>
void EachWindow(const std::vector<Snapshot>& windows, const Filter& filter, const Bounds& bounds,
                const Cancelled& cancelled, Visit visit) {
  for (uint32_t i = 0; i < windows.size() && !cancelled; ++i) {
    const Segment& segment = *windows[i].segment;
    Bits rows = SelectWindow(segment, bounds.from_ms, bounds.to_ms);
    rows -= windows[i].replaced;
    if (rows.None()) continue;
    if (filter.kind != Filter::Kind::kTrue) rows &= Select(segment, filter);
    if (!rows.None() && !visit(i, rows)) return;
  }
}

// What flows are told apart by when a search wants one of each; none for one that lacks the field.
std::optional<uint64_t> DedupKey(const Segment& segment, uint32_t row, Field field);

// Flows with Start <= to and Last >= from, as the search says; each in its latest state.
class FoundFlows {
 public:
  FoundFlows(std::vector<Snapshot> windows, const Search& search, const Bounds& bounds,
             const Cancelled& cancelled);

  size_t count() const { return found_.size(); }
  // Appends flows from `from` on to a JSON array until `bytes` are there or none is left; returns what comes
  // next.
  size_t Encode(size_t from, size_t bytes, std::string& out) const;
  // Calls `visit(window, segment, row)` with each, in order.
  template <typename Visit>
  void Each(Visit visit) const {
    for (const Found& found : found_) visit(found.window, *windows_[found.window].segment, found.row);
  }

 private:
  // Small: there may be ten millions of them.
  struct Found {
    int64_t number = 0;
    uint32_t window = 0;
    uint32_t row = 0;
    std::unique_ptr<const std::string> text;  // where it is sorted by one
  };
  struct Order;

  void Collect(uint32_t window, const Bits& rows, const Search& search, size_t wanted);
  void Keep(Found&& found, const Search& search);
  void Trim(const Search& search, size_t wanted);

  std::vector<Snapshot> windows_;
  std::vector<Found> found_;
  std::unordered_map<uint64_t, size_t> by_value_;  // dedup: hash of the value to its place in found_
};

// What belongs to flows that pass a filter, by flow: metric records with Start >= from and Last <= to,
// ordered by Last, or packets with their time within the bounds, ordered by Index.
class FoundItems {
 public:
  enum class What : uint8_t { kMetrics, kPackets };

  FoundItems(std::vector<Snapshot> windows, What what, const Filter& filter, const Bounds& bounds,
             const Cancelled& cancelled);

  size_t count() const { return items_.size(); }
  // Appends pairs of a flow's UUID and its items to a JSON array; a flow may be split over several arrays.
  size_t Encode(size_t from, size_t bytes, std::string& out) const;

 private:
  struct Item {
    uint64_t uuid;
    int64_t order;
    uint32_t window;
    uint32_t item;
    uint32_t row;
    uint32_t group;
  };

  void Collect(uint32_t window, const Bits& rows, const Bounds& bounds);

  const What what_;
  std::vector<Snapshot> windows_;
  std::vector<Item> items_;
};

}  // namespace skydive::flow::store
