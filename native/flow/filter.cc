// SPDX-License-Identifier: Apache-2.0
#include "flow/filter.h"

#include <re2/re2.h>

#include <array>

#include "flow/protobuf_reader.h"

namespace skydive::flow {
namespace {

using Kind = Filter::Kind;

// Bounds the memory of one compiled pattern.
constexpr int64_t kMaxPatternMemory = 8 << 20;

// Members of the message Filter, in the order in which the original looks for the one that is set.
enum Member : uint32_t {
  kTermString = 1,
  kTermInt64,
  kTermBool,
  kGtInt64,
  kLtInt64,
  kGteInt64,
  kLteInt64,
  kBool,
  kRegexMember,
  kNullMember,
  kIpv4RangeMember,
};
constexpr Member kOrder[] = {kBool,     kTermString, kTermInt64,   kTermBool,   kGtInt64,        kLtInt64,
                             kGteInt64, kLteInt64,   kRegexMember, kNullMember, kIpv4RangeMember};

class Parser {
 public:
  bool Parse(std::string_view bytes, size_t depth, Filter& filter) {
    if (depth > kMaxFilterDepth || ++filters_ > kMaxFilters) return false;
    std::array<std::optional<std::string_view>, kIpv4RangeMember + 1> set;
    ProtobufReader reader(bytes);
    while (reader.Next()) {
      if (reader.field() < set.size() && reader.IsBytes(reader.field())) set[reader.field()] = reader.bytes();
    }
    if (!reader.ok()) return false;
    for (const Member member : kOrder) {
      if (!set[member]) continue;
      return member == kBool ? ParseBool(*set[member], depth, filter)
                             : ParseLeaf(member, *set[member], filter);
    }
    return true;
  }

 private:
  bool ParseBool(std::string_view bytes, size_t depth, Filter& filter) {
    uint64_t op = 0;
    ProtobufReader reader(bytes);
    while (reader.Next()) {
      if (reader.IsVarint(1)) op = reader.number();
      if (reader.IsBytes(2) && !Parse(reader.bytes(), depth + 1, filter.members.emplace_back())) return false;
    }
    if (!reader.ok() || op > 2) return false;
    static constexpr Kind kKinds[] = {Kind::kOr, Kind::kAnd, Kind::kNot};
    filter.kind = kKinds[op];
    if (filter.kind == Kind::kOr) Gather(filter);
    return true;
  }

  // An OR of many texts of one field becomes a look-up: that is how nodes and flows are listed.
  static void Gather(Filter& filter) {
    if (filter.members.size() < 2) return;
    const Field field = filter.members.front().field;
    for (const Filter& member : filter.members) {
      if (member.kind != Kind::kText || member.field != field) return;
    }
    filter.kind = Kind::kTexts;
    filter.field = field;
    for (Filter& member : filter.members) filter.texts.insert(std::move(member.text));
    filter.members = {};
  }

  bool ParseLeaf(Member member, std::string_view bytes, Filter& filter) {
    std::string_view key;
    std::string_view text;
    ProtobufReader reader(bytes);
    while (reader.Next()) {
      if (reader.IsBytes(1)) key = reader.bytes();
      if (reader.IsBytes(2)) text = reader.bytes();
      if (reader.IsVarint(2)) filter.number = int64_t(reader.number());
    }
    if (!reader.ok()) return false;
    filter.field = FieldOf(key);
    filter.kind = KindOfLeaf(member);
    if (member == kRegexMember) return Compile(text, filter);
    if (member == kIpv4RangeMember) SetRange(text, filter);
    if (member == kTermString) filter.text = text;
    return true;
  }

  static Kind KindOfLeaf(Member member) {
    switch (member) {
      case kTermString:
        return Kind::kText;
      case kTermInt64:
        return Kind::kEqual;
      case kGtInt64:
        return Kind::kGreater;
      case kLtInt64:
        return Kind::kLess;
      case kGteInt64:
        return Kind::kGreaterOrEqual;
      case kLteInt64:
        return Kind::kLessOrEqual;
      case kRegexMember:
        return Kind::kRegex;
      case kNullMember:
        return Kind::kNull;
      case kIpv4RangeMember:
        return Kind::kIpv4Range;
      default:  // flows have no boolean that a filter can name
        return Kind::kFalse;
    }
  }

  bool Compile(std::string_view pattern, Filter& filter) {
    if (++patterns_ > kMaxPatterns) return false;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxPatternMemory);
    auto compiled = std::make_shared<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
    if (compiled->ok()) {
      filter.pattern = std::move(compiled);
    } else {
      filter.kind = Kind::kFalse;
    }
    return true;
  }

  static void SetRange(std::string_view cidr, Filter& filter) {
    const std::optional<Ipv4Text> range = ReadIpv4(cidr);
    if (!range || !range->prefix) {
      filter.kind = Kind::kFalse;
      return;
    }
    const uint32_t mask = *range->prefix == 0 ? 0 : ~uint32_t{0} << (32 - *range->prefix);
    filter.first = range->address & mask;
    filter.last = filter.first | ~mask;
  }

  size_t filters_ = 0;
  size_t patterns_ = 0;
};

// A number of at most so many digits, without leading zeros unless they are allowed.
bool ReadNumber(std::string_view& rest, size_t digits, uint32_t limit, bool zeros, uint32_t& number) {
  size_t size = 0;
  number = 0;
  while (size < rest.size() && size < digits && rest[size] >= '0' && rest[size] <= '9') {
    number = number * 10 + uint32_t(rest[size++] - '0');
  }
  if (size == 0 || number > limit || (!zeros && size > 1 && rest[0] == '0')) return false;
  rest.remove_prefix(size);
  return true;
}

}  // namespace

bool Filter::MatchesText(std::optional<std::string_view> value) const {
  if (!value) return kind == Kind::kNull;
  switch (kind) {
    case Kind::kText:
      return *value == text;
    case Kind::kTexts:
      return texts.find(*value) != texts.end();
    case Kind::kRegex: {
      const re2::StringPiece piece(value->data(), value->size());
      return pattern->Match(piece, 0, piece.size(), RE2::UNANCHORED, nullptr, 0);
    }
    case Kind::kIpv4Range: {
      const std::optional<Ipv4Text> read = ReadIpv4(*value);
      return read && read->address >= first && read->address <= last;
    }
    default:
      return false;
  }
}

bool Filter::MatchesInteger(std::optional<int64_t> value) const {
  if (!value) return kind == Kind::kNull;
  switch (kind) {
    case Kind::kEqual:
      return *value == number;
    case Kind::kGreater:
      return *value > number;
    case Kind::kLess:
      return *value < number;
    case Kind::kGreaterOrEqual:
      return *value >= number;
    case Kind::kLessOrEqual:
      return *value <= number;
    default:
      return false;
  }
}

std::optional<Filter> ParseFilter(std::string_view bytes) {
  if (bytes.size() > kMaxFilterBytes) return std::nullopt;
  std::optional<Filter> filter(std::in_place);
  if (!Parser().Parse(bytes, 0, *filter)) return std::nullopt;
  return filter;
}

std::optional<Ipv4Text> ReadIpv4(std::string_view text) {
  Ipv4Text read{0, std::nullopt};
  for (int octet = 0; octet < 4; ++octet) {
    uint32_t number;
    if (octet > 0) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    if (!ReadNumber(text, 3, 255, false, number)) return std::nullopt;
    read.address = read.address << 8 | number;
  }
  if (text.empty()) return read;
  uint32_t prefix;
  if (text.front() != '/') return std::nullopt;
  text.remove_prefix(1);
  if (!ReadNumber(text, 2, 32, true, prefix) || !text.empty()) return std::nullopt;
  read.prefix = uint8_t(prefix);
  return read;
}

}  // namespace skydive::flow
