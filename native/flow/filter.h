// SPDX-License-Identifier: Apache-2.0
// Filters of flows (filters.proto of the original): read from their protocol buffers into a tree, which
// whoever has flows walks in its own way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "flow/field.h"

namespace re2 {
class RE2;
}

namespace skydive::flow {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using TextSet = std::unordered_set<std::string, TextHash, std::equal_to<>>;

struct Filter {
  enum class Kind : uint8_t {
    kTrue,
    kFalse,
    // Of the members. Without any they are true, kNot too.
    kAnd,
    kOr,
    kNot,  // true when a member is false
    // Of one field. A field that a flow lacks makes all but kNull false.
    kNull,       // the flow lacks it; `field` may be a whole layer
    kText,       // a text field is `text`
    kTexts,      // a text field is one of `texts`: an OR of kText, gathered
    kRegex,      // `pattern` finds something in a text field
    kIpv4Range,  // a text field is an IPv4 address from `first` to `last`, a prefix length behind it or not
    kEqual,      // an integer field compared with `number`
    kGreater,
    kLess,
    kGreaterOrEqual,
    kLessOrEqual,
  };

  Kind kind = Kind::kTrue;
  Field field = Field::kNone;
  int64_t number = 0;
  uint32_t first = 0;
  uint32_t last = 0;
  std::string text;
  TextSet texts;
  std::shared_ptr<const re2::RE2> pattern;
  std::vector<Filter> members;

  // What a leaf says of the value of its field, which is none where a flow lacks it.
  bool MatchesText(std::optional<std::string_view> value) const;
  bool MatchesInteger(std::optional<int64_t> value) const;
};

// Bounds of what is accepted.
inline constexpr size_t kMaxFilterBytes = 16 << 20;
inline constexpr size_t kMaxFilters = 200000;
inline constexpr size_t kMaxFilterDepth = 64;
inline constexpr size_t kMaxPatterns = 64;

// Reads a serialized Filter; empty bytes are the filter that is always true. None when it is malformed or
// beyond the bounds. Fields that do not exist, patterns and ranges that are none: nothing matches them, as in
// the original.
std::optional<Filter> ParseFilter(std::string_view bytes);

// Walks the tree; `leaf(const Filter&) -> bool` answers for the leaves that look at a field.
template <typename Leaf>
bool Matches(const Filter& filter, Leaf&& leaf) {
  switch (filter.kind) {
    case Filter::Kind::kTrue:
      return true;
    case Filter::Kind::kFalse:
      return false;
    case Filter::Kind::kAnd:
      for (const Filter& member : filter.members) {
        if (!Matches(member, leaf)) return false;
      }
      return true;
    case Filter::Kind::kOr:
      for (const Filter& member : filter.members) {
        if (Matches(member, leaf)) return true;
      }
      return filter.members.empty();
    case Filter::Kind::kNot:
      for (const Filter& member : filter.members) {
        if (!Matches(member, leaf)) return true;
      }
      return filter.members.empty();
    default:
      return leaf(filter);
  }
}

// A textual IPv4 address without leading zeros, behind it nothing or a prefix length: `10.0.0.1`,
// `10.0.0.1/24`.
struct Ipv4Text {
  uint32_t address;
  std::optional<uint8_t> prefix;
};
std::optional<Ipv4Text> ReadIpv4(std::string_view text);

}  // namespace skydive::flow
