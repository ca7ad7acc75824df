// SPDX-License-Identifier: Apache-2.0
#include "flow/store/select.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "flow/flow_field.h"
#include "flow/flow_json.h"
#include "flow/store/identifier.h"
#include "flow/store/place.h"

namespace skydive::flow::store {
namespace {

using Kind = Filter::Kind;

constexpr uint32_t kBlock = 1024;

// Calls `pass(value)` for each row, in blocks.
template <typename Pass>
Bits Scan(const Segment& segment, Column column, Pass pass) {
  Bits bits(segment.rows(), false);
  int64_t values[kBlock];
  for (uint32_t from = 0; from < segment.rows(); from += kBlock) {
    const uint32_t count = std::min(kBlock, segment.rows() - from);
    segment.Numbers(column, from, count, values);
    for (uint32_t i = 0; i < count; i += 64) {
      uint64_t word = 0;
      for (uint32_t k = 0; k < 64 && i + k < count; ++k) word |= uint64_t{pass(values[i + k])} << k;
      bits.word((from + i) / 64) = word;
    }
  }
  return bits;
}

Bits All(const Segment& segment) { return {segment.rows(), true}; }
Bits None(const Segment& segment) { return {segment.rows(), false}; }

// Rows that have all of the flags.
Bits WithFlags(const Segment& segment, uint32_t flags) {
  if (flags == 0) return All(segment);
  if (segment.Least(Column::kFlags) == segment.Greatest(Column::kFlags)) {
    return (uint32_t(segment.Least(Column::kFlags)) & flags) == flags ? All(segment) : None(segment);
  }
  return Scan(segment, Column::kFlags, [flags](int64_t value) { return (uint32_t(value) & flags) == flags; });
}

using How = Place::How;

Bits ByText(const Segment& segment, const Filter& leaf, const Place& place) {
  const uint32_t count = segment.Texts(place.dictionary);
  std::vector<uint8_t> passes(count);
  uint32_t passing = 0;
  for (uint32_t i = 0; i < count; ++i) {
    passes[i] = leaf.MatchesText(segment.Text(place.dictionary, i));
    passing += passes[i];
  }
  if (passing == 0) return None(segment);
  Bits bits = passing == count ? All(segment) : Scan(segment, place.column, [&passes](int64_t value) {
    return passes[size_t(value)] != 0;
  });
  if (place.flag != 0) bits &= WithFlags(segment, place.flag);
  return bits;
}

// Equality of numbers, and of the texts that are none.
Bits ByIdentifier(const Segment& segment, const Filter& leaf, const Place& place) {
  const bool is_uuid = place.column == Column::kUuid;
  std::vector<uint64_t> numbers;
  bool odd_wanted = false;
  const auto want = [&](std::string_view text) {
    if (const auto number = NumberOf(text)) {
      numbers.push_back(*number);
    } else {
      odd_wanted = true;
    }
  };
  if (leaf.kind == Kind::kText) want(leaf.text);
  if (leaf.kind == Kind::kTexts) {
    for (const std::string& text : leaf.texts) want(text);
  }
  const bool exact = leaf.kind == Kind::kText || leaf.kind == Kind::kTexts;
  const bool all_even = segment.Least(Column::kFlags) == segment.Greatest(Column::kFlags) &&
                        (segment.Least(Column::kFlags) & place.flag) == 0;
  // Anything but equality has to see the text of each row.
  if (!exact || (odd_wanted && !all_even)) {
    Bits bits(segment.rows(), false);
    RowText text;
    FlowView flow;
    for (uint32_t row = 0; row < segment.rows(); ++row) {
      segment.Row(row, flow, text);
      if (LeafMatches(leaf, flow)) bits.Set(row);
    }
    return bits;
  }
  Bits bits(segment.rows(), false);
  if (is_uuid && numbers.size() < segment.rows() / 16) {
    for (const uint64_t number : numbers) {
      const uint32_t row = segment.Find(number);
      if (row != Segment::kNone && (segment.Number(Column::kFlags, row) & place.flag) == 0) bits.Set(row);
    }
    return bits;
  }
  if (numbers.size() == 1) {
    const auto wanted = int64_t(numbers[0]);
    bits = Scan(segment, place.column, [wanted](int64_t value) { return value == wanted; });
  } else {
    const std::unordered_set<uint64_t> wanted(numbers.begin(), numbers.end());
    bits = Scan(segment, place.column, [&](int64_t value) { return wanted.contains(uint64_t(value)); });
  }
  if (!all_even && !bits.None()) bits -= WithFlags(segment, place.flag);
  return bits;
}

Bits ByName(const Segment& segment, const Filter& leaf, const Place& place) {
  std::unordered_map<int64_t, bool> known;
  std::string scratch;
  const auto passes = [&](int64_t value) {
    const auto [at, is_new] = known.try_emplace(value, false);
    if (is_new) {
      at->second = leaf.MatchesText(place.how == How::kProtocol ? ProtocolName(value, scratch)
                                                                : IcmpTypeName(value, scratch));
    }
    return at->second;
  };
  int64_t last = segment.Least(place.column);
  bool last_passes = passes(last);
  Bits bits = Scan(segment, place.column, [&](int64_t value) {
    if (value != last) {
      last = value;
      last_passes = passes(value);
    }
    return last_passes;
  });
  return bits &= WithFlags(segment, place.flag);
}

// What passes a comparison lies between two numbers.
struct Range {
  int64_t low = INT64_MIN;
  int64_t high = INT64_MAX;
  bool empty = false;
};

Range RangeOf(const Filter& leaf) {
  switch (leaf.kind) {
    case Kind::kEqual:
      return {leaf.number, leaf.number};
    case Kind::kGreater:
      return {leaf.number + (leaf.number < INT64_MAX), INT64_MAX, leaf.number == INT64_MAX};
    case Kind::kLess:
      return {INT64_MIN, leaf.number - (leaf.number > INT64_MIN), leaf.number == INT64_MIN};
    case Kind::kGreaterOrEqual:
      return {leaf.number, INT64_MAX};
    case Kind::kLessOrEqual:
      return {INT64_MIN, leaf.number};
    default:
      return {0, 0, true};
  }
}

Bits Within(const Segment& segment, Column column, const Range& range) {
  // The values of a column told from another one are unknown.
  const bool direct = column != Column::kMetricStart && column != Column::kMetricLast;
  if (direct) {
    const int64_t least = segment.Least(column), greatest = segment.Greatest(column);
    if (greatest < range.low || least > range.high) return None(segment);
    if (least >= range.low && greatest <= range.high) return All(segment);
  }
  return Scan(segment, column, [range](int64_t value) { return value >= range.low && value <= range.high; });
}

Bits ByNumber(const Segment& segment, const Filter& leaf, const Place& place) {
  const Range range = RangeOf(leaf);
  if (range.empty) return None(segment);
  Bits bits = Within(segment, place.column, range);
  if (place.flag != 0) bits &= WithFlags(segment, place.flag);
  return bits;
}

Bits ByRecord(const Segment& segment, const Filter& leaf, const Place& place) {
  Bits bits(segment.rows(), false);
  const Range range = RangeOf(leaf);
  if (range.empty) return bits;
  WithFlags(segment, place.flag).Each([&](uint32_t row) {
    const auto record = uint32_t(segment.Number(Column::kRecordEnd, row)) - 1;
    const int64_t value = segment.Number(place.column, record);
    if (value >= range.low && value <= range.high) bits.Set(row);
  });
  return bits;
}

// Reads the messages of the rows that have any; a row without one lacks the field.
Bits ByExtra(const Segment& segment, const Filter& leaf) {
  FlowView flow;
  Bits bits(segment.rows(), LeafMatches(leaf, flow));
  if (segment.rows() == 0 || segment.Number(Column::kExtraEnd, segment.rows() - 1) == 0) return bits;
  const bool without = bits[0];
  Bits other(segment.rows(), false);
  for (uint32_t row = 0; row < segment.rows(); ++row) {
    const std::string_view extra = segment.Extra(row);
    if (extra.empty()) continue;
    ReadFlow(extra, flow);
    if (LeafMatches(leaf, flow) != without) other.Set(row);
  }
  if (!without) return bits |= other;
  return bits -= other;
}

Bits ByLeaf(const Segment& segment, const Filter& leaf) {
  const FieldKind kind = KindOf(leaf.field);
  if (leaf.field == Field::kNone) return leaf.kind == Kind::kNull ? All(segment) : None(segment);
  const Place place = PlaceOf(leaf.field);
  if (place.how == How::kOther) return ByExtra(segment, leaf);
  if (leaf.kind == Kind::kNull) {
    // Identifiers are always there: their flag means something else.
    if (place.how == How::kIdentifier) return None(segment);
    Bits bits = WithFlags(segment, place.flag);
    bits.Flip();
    return bits;
  }
  const bool of_text = leaf.kind == Kind::kText || leaf.kind == Kind::kTexts || leaf.kind == Kind::kRegex ||
                       leaf.kind == Kind::kIpv4Range;
  if (of_text != (kind == FieldKind::kText) || kind == FieldKind::kLayer) return None(segment);
  switch (place.how) {
    case How::kText:
      return ByText(segment, leaf, place);
    case How::kIdentifier:
      return ByIdentifier(segment, leaf, place);
    case How::kProtocol:
    case How::kIcmpType:
      return ByName(segment, leaf, place);
    case How::kRecord:
      return ByRecord(segment, leaf, place);
    default:
      return ByNumber(segment, leaf, place);
  }
}

Bits ByMembers(const Segment& segment, const Filter& filter) {
  if (filter.members.empty()) return All(segment);
  if (filter.kind == Kind::kOr) {
    Bits bits = None(segment);
    for (const Filter& member : filter.members) bits |= Select(segment, member);
    return bits;
  }
  Bits bits = All(segment);
  for (const Filter& member : filter.members) {
    bits &= Select(segment, member);
    if (bits.None()) break;
  }
  if (filter.kind == Kind::kNot) bits.Flip();
  return bits;
}

}  // namespace

Bits Select(const Segment& segment, const Filter& filter) {
  switch (filter.kind) {
    case Kind::kTrue:
      return All(segment);
    case Kind::kFalse:
      return None(segment);
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNot:
      return ByMembers(segment, filter);
    default:
      return ByLeaf(segment, filter);
  }
}

Bits SelectWindow(const Segment& segment, int64_t from_ms, int64_t to_ms) {
  Bits bits = Within(segment, Column::kStart, {INT64_MIN, to_ms});
  if (!bits.None()) bits &= Within(segment, Column::kLast, {from_ms, INT64_MAX});
  return bits;
}

}  // namespace skydive::flow::store
