// SPDX-License-Identifier: Apache-2.0
#include "flow/store/search.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "flow/flow_field.h"
#include "flow/flow_json.h"
#include "flow/json_writer.h"
#include "flow/store/dictionary.h"

namespace skydive::flow::store {
namespace {

// Columns of numbers that can be read without the rest of the flow; what a flow lacks is 0 there.
std::optional<Column> DirectColumn(Field field) {
  if (field >= Field::kMetricAbPackets && field <= Field::kMetricRtt) {
    return Column(uint32_t(Column::kMetricAbPackets) + uint32_t(field) - uint32_t(Field::kMetricAbPackets));
  }
  switch (field) {
    case Field::kStart:
      return Column::kStart;
    case Field::kLast:
      return Column::kLast;
    case Field::kTransportA:
      return Column::kTransportA;
    case Field::kTransportB:
      return Column::kTransportB;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<uint64_t> DedupKey(const Segment& segment, uint32_t row, Field field) {
  constexpr uint64_t kNumbers = 0x6e756d62;
  const auto identifier = [&](Column column, uint32_t odd) {
    const auto value = uint64_t(segment.Number(column, row));
    const bool is_odd = (segment.Number(Column::kFlags, row) & odd) != 0;
    return is_odd ? KeyedHash(segment.Text(Dictionary::kOdd, uint32_t(value))) : KeyedHash(value);
  };
  if (field == Field::kTrackingId) return identifier(Column::kTrackingId, kOddTracking);
  if (field == Field::kL3TrackingId) return identifier(Column::kL3TrackingId, kOddL3Tracking);
  FlowView flow;
  RowText text;
  std::string scratch;
  segment.Row(row, flow, text);
  if (const auto word = TextOf(flow, field, scratch)) return KeyedHash(*word);
  if (const auto number = IntegerOf(flow, field)) return KeyedHash(KeyedHash(uint64_t(*number)) ^ kNumbers);
  return std::nullopt;
}

// Whether one comes before another; what a flow lacks is 0, and numbers come before texts.
struct FoundFlows::Order {
  bool descending;

  bool operator()(const Found& a, const Found& b) const {
    const Found& left = descending ? b : a;
    const Found& right = descending ? a : b;
    if (!left.text != !right.text) return !left.text;
    if (left.text && *left.text != *right.text) return *left.text < *right.text;
    if (left.number != right.number) return left.number < right.number;
    // Ties of a descending order are reversed, too.
    return std::pair(left.window, left.row) < std::pair(right.window, right.row);
  }
};

FoundFlows::FoundFlows(std::vector<Snapshot> windows, const Search& search, const Bounds& bounds,
                       const Cancelled& cancelled)
    : windows_(std::move(windows)) {
  const size_t wanted = size_t(search.to);
  EachWindow(windows_, search.filter, bounds, cancelled, [&](uint32_t window, const Bits& rows) {
    Collect(window, rows, search, wanted);
    if (!search.sort && found_.size() >= wanted) return false;
    return found_.size() <= bounds.most || wanted <= bounds.most;
  });
  Trim(search, wanted);
  if (search.sort) std::sort(found_.begin(), found_.end(), Order{search.descending});
}

void FoundFlows::Collect(uint32_t window, const Bits& rows, const Search& search, size_t wanted) {
  const Segment& segment = *windows_[window].segment;
  const std::optional<Column> direct = search.sort ? DirectColumn(search.sort_by) : std::nullopt;
  FlowView flow;
  RowText text;
  std::string scratch;
  rows.Each([&](uint32_t row) {
    Found found{0, window, row, {}};
    if (direct) {
      found.number = segment.Number(*direct, row);
    } else if (search.sort) {
      segment.Row(row, flow, text);
      if (const auto number = IntegerOf(flow, search.sort_by)) {
        found.number = *number;
      } else if (const auto word = TextOf(flow, search.sort_by, scratch)) {
        found.text = std::make_unique<const std::string>(*word);
      }
    }
    Keep(std::move(found), search);
  });
  // Only the first are wanted in the end.
  if (search.sort && !search.dedup && found_.size() / 2 >= std::min(wanted, SIZE_MAX / 2) + 4096)
    Trim(search, wanted);
}

void FoundFlows::Keep(Found&& found, const Search& search) {
  if (search.dedup) {
    const auto key = DedupKey(*windows_[found.window].segment, found.row, search.dedup_by);
    if (key) {
      const auto [at, is_new] = by_value_.try_emplace(*key, found_.size());
      if (!is_new) {
        Found& known = found_[at->second];
        if (search.sort && Order{search.descending}(found, known)) known = std::move(found);
        return;
      }
    }
  }
  found_.push_back(std::move(found));
}

void FoundFlows::Trim(const Search& search, size_t wanted) {
  if (found_.size() <= wanted) return;
  if (search.sort) {
    std::nth_element(found_.begin(), found_.begin() + ptrdiff_t(wanted), found_.end(),
                     Order{search.descending});
  }
  found_.resize(wanted);
}

size_t FoundFlows::Encode(size_t from, size_t bytes, std::string& out) const {
  FlowView flow;
  RowText text;
  out += '[';
  const size_t begin = out.size();
  for (; from < found_.size() && out.size() < begin + bytes; ++from) {
    if (out.size() > begin) out += ',';
    windows_[found_[from].window].segment->Row(found_[from].row, flow, text);
    AppendJson(flow, out);
  }
  out += ']';
  return from;
}

FoundItems::FoundItems(std::vector<Snapshot> windows, What what, const Filter& filter, const Bounds& bounds,
                       const Cancelled& cancelled)
    : what_(what), windows_(std::move(windows)) {
  // A flow passes by its latest state; what older windows hold of it passes with it.
  std::unordered_set<uint64_t> continued;
  std::vector<Bits> passing(windows_.size());
  for (size_t i = windows_.size(); i-- > 0 && !cancelled;) {
    const Segment& segment = *windows_[i].segment;
    passing[i] = Select(segment, filter);
    passing[i] -= windows_[i].replaced;
    const bool any = segment.replaced() > 0;
    if (!any || filter.kind == Filter::Kind::kTrue) continue;
    passing[i].Each([&](uint32_t row) {
      if ((segment.Number(Column::kFlags, row) & kContinued) != 0) {
        continued.insert(uint64_t(segment.Number(Column::kUuid, row)));
      }
    });
  }
  for (uint32_t i = 0; i < windows_.size() && !cancelled && items_.size() <= bounds.most; ++i) {
    const Segment& segment = *windows_[i].segment;
    Bits rows = std::move(passing[i]);
    if (filter.kind == Filter::Kind::kTrue) {
      rows |= windows_[i].replaced;
    } else if (!continued.empty()) {
      windows_[i].replaced.Each([&](uint32_t row) {
        if (continued.contains(uint64_t(segment.Number(Column::kUuid, row)))) rows.Set(row);
      });
    }
    Collect(i, rows, bounds);
  }
  // Flows in the order in which they were found, the items of each in theirs.
  std::unordered_map<uint64_t, uint32_t> groups;
  for (Item& item : items_) {
    item.group = groups.try_emplace(item.uuid, uint32_t(groups.size())).first->second;
  }
  std::stable_sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
    return a.group != b.group ? a.group < b.group : a.order < b.order;
  });
}

void FoundItems::Collect(uint32_t window, const Bits& rows, const Bounds& bounds) {
  const Segment& segment = *windows_[window].segment;
  const bool metrics = what_ == What::kMetrics;
  if ((metrics ? segment.records() : segment.packets()) == 0) return;
  const Column time = metrics ? Column::kRecordStart : Column::kPacketTime;
  if (segment.Greatest(time) < bounds.from_ms || segment.Least(time) > bounds.to_ms) return;
  const Column ends = metrics ? Column::kRecordEnd : Column::kPacketEnd;
  rows.Each([&](uint32_t row) {
    const auto end = uint32_t(segment.Number(ends, row));
    for (uint32_t i = segment.Begin(ends, row); i < end; ++i) {
      const int64_t begun = segment.Number(time, i);
      if (begun < bounds.from_ms) continue;
      const int64_t over = metrics ? segment.Number(Column::kRecordLast, i) : begun;
      if (over > bounds.to_ms || items_.size() > bounds.most) continue;
      const int64_t order = metrics ? over : segment.Number(Column::kPacketIndex, i);
      items_.push_back({uint64_t(segment.Number(Column::kUuid, row)), order, window, i, row, 0});
    }
  });
}

size_t FoundItems::Encode(size_t from, size_t bytes, std::string& out) const {
  std::string scratch;
  out += '[';
  const size_t begin = out.size();
  while (from < items_.size() && out.size() < begin + bytes) {
    const uint32_t group = items_[from].group;
    const Item& first = items_[from];
    if (out.size() > begin) out += ',';
    JsonWriter writer(out);
    writer.Array([&] {
      writer.Element(windows_[first.window].segment->Uuid(first.row, scratch));
      out += ",[";
      const size_t list = out.size();
      for (; from < items_.size() && items_[from].group == group && out.size() < begin + bytes; ++from) {
        if (out.size() > list) out += ',';
        const Segment& segment = *windows_[items_[from].window].segment;
        if (what_ == What::kMetrics) {
          AppendJson(segment.Record(items_[from].item), out);
        } else {
          AppendJson(segment.Packet(items_[from].item), out);
        }
      }
      out += ']';
    });
  }
  out += ']';
  return from;
}

}  // namespace skydive::flow::store
