// SPDX-License-Identifier: Apache-2.0
#include "flow/store/aggregate.h"

#include <algorithm>

#include "flow/flow_field.h"
#include "flow/store/place.h"

namespace skydive::flow::store {
namespace {

// Distinct values of any number of flows: sorted when there are many new ones.
class Distinct {
 public:
  void Add(uint64_t value) {
    values_.push_back(value);
    if (values_.size() >= sort_at_) {
      Sort();
      sort_at_ = std::max(kFew, values_.size() * 2);
    }
  }
  uint64_t Count() {
    Sort();
    return values_.size();
  }

 private:
  static constexpr size_t kFew = 1 << 16;

  void Sort() {
    std::sort(values_.begin(), values_.end());
    values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
  }

  std::vector<uint64_t> values_;
  size_t sort_at_ = kFew;
};

// Adds the field of one flow after the other.
class Adder {
 public:
  explicit Adder(Field field) : field_(field), place_(PlaceOf(field)) {}

  void Add(const Segment& segment, uint32_t row) {
    if (!lacking_.empty()) return;
    if (place_.how != Place::How::kNumber && place_.how != Place::How::kRecord) {
      segment.Row(row, flow_, text_);
      const auto number = IntegerOf(flow_, field_);
      return number ? Add(*number) : Lacks(segment, row);
    }
    if ((uint32_t(segment.Number(Column::kFlags, row)) & place_.flag) != place_.flag)
      return Lacks(segment, row);
    const bool of_record = place_.how == Place::How::kRecord;
    const uint32_t at = of_record ? uint32_t(segment.Number(Column::kRecordEnd, row)) - 1 : row;
    Add(segment.Number(place_.column, at));
  }

  bool done() const { return !lacking_.empty(); }
  FieldSum Take() { return {double(sum_), std::move(lacking_)}; }

 private:
  void Add(int64_t number) { sum_ += number; }
  void Lacks(const Segment& segment, uint32_t row) {
    std::string scratch;
    lacking_ = segment.Uuid(row, scratch);
  }

  const Field field_;
  const Place place_;
  FlowView flow_;
  RowText text_;
  // What agents say may be any number, and ten millions of them are more than 64 bits hold.
  __int128 sum_ = 0;
  std::string lacking_;
};

}  // namespace

uint64_t CountFlows(const std::vector<Snapshot>& windows, const Search& search, const Bounds& bounds,
                    const Cancelled& cancelled) {
  uint64_t count = 0;
  Distinct distinct;
  EachWindow(windows, search.filter, bounds, cancelled, [&](uint32_t window, const Bits& rows) {
    if (!search.dedup) {
      count += rows.Count();
      return count < search.to;
    }
    rows.Each([&](uint32_t row) {
      const auto key = DedupKey(*windows[window].segment, row, search.dedup_by);
      if (key) {
        distinct.Add(*key);
      } else {
        ++count;
      }
    });
    return true;
  });
  return std::min(count + distinct.Count(), search.to);
}

FieldSum SumFlows(std::vector<Snapshot> windows, const Search& search, Field field, const Bounds& bounds,
                  const Cancelled& cancelled) {
  Adder adder(field);
  if (!search.dedup && search.to == UINT64_MAX) {
    EachWindow(windows, search.filter, bounds, cancelled, [&](uint32_t window, const Bits& rows) {
      rows.Each([&](uint32_t row) { adder.Add(*windows[window].segment, row); });
      return !adder.done();
    });
  } else {
    const FoundFlows found(std::move(windows), search, bounds, cancelled);
    found.Each([&](uint32_t, const Segment& segment, uint32_t row) { adder.Add(segment, row); });
  }
  return adder.Take();
}

}  // namespace skydive::flow::store
