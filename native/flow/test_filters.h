// SPDX-License-Identifier: Apache-2.0
// Serialized filters and queries for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flow/protobuf_writer.h"

namespace skydive::flow::test {

enum CompareMember : uint32_t { kGt = 4, kLt, kGte, kLte };
enum BoolOp : uint8_t { kOrOp, kAndOp, kNotOp };

template <typename Write>
std::string Written(Write write) {
  std::string bytes;
  ProtobufWriter writer(bytes);
  write(writer);
  return bytes;
}

inline std::string Member(uint32_t member, std::string_view key, std::string_view value) {
  return Written([&](ProtobufWriter& writer) {
    writer.Element(member, Written([&](ProtobufWriter& inner) {
                     inner.Bytes(1, key);
                     inner.Bytes(2, value);
                   }));
  });
}

inline std::string Member(uint32_t member, std::string_view key, int64_t value) {
  return Written([&](ProtobufWriter& writer) {
    writer.Element(member, Written([&](ProtobufWriter& inner) {
                     inner.Bytes(1, key);
                     inner.Varint(2, uint64_t(value));
                   }));
  });
}

inline std::string Term(std::string_view key, std::string_view value) { return Member(1, key, value); }
inline std::string Equal(std::string_view key, int64_t value) { return Member(2, key, value); }
inline std::string TermBool(std::string_view key, bool value) { return Member(3, key, int64_t{value}); }
inline std::string Compare(CompareMember op, std::string_view key, int64_t value) {
  return Member(op, key, value);
}
inline std::string Regex(std::string_view key, std::string_view value) { return Member(9, key, value); }
inline std::string Null(std::string_view key) { return Member(10, key, std::string_view()); }
inline std::string Ipv4Range(std::string_view key, std::string_view value) { return Member(11, key, value); }

inline std::string Bool(BoolOp op, const std::vector<std::string>& members) {
  return Written([&](ProtobufWriter& writer) {
    writer.Element(8, Written([&](ProtobufWriter& inner) {
                     inner.Varint(1, op);
                     for (const std::string& member : members) inner.Element(2, member);
                   }));
  });
}

struct SearchOptions {
  std::string filter = {};
  bool range = false;
  int64_t from = 0;
  int64_t to = 0;
  bool sort = false;
  bool dedup = false;
  std::string dedup_by = {};
  std::string sort_by = {};
  uint8_t order = 0;
};

inline std::string SearchBytes(const SearchOptions& options) {
  return Written([&](ProtobufWriter& writer) {
    writer.Bytes(1, options.filter);
    if (options.range) {
      writer.Element(2, Written([&](ProtobufWriter& inner) {
                       inner.Varint(1, uint64_t(options.from));
                       inner.Varint(2, uint64_t(options.to));
                     }));
    }
    writer.Varint(3, options.sort);
    writer.Varint(4, options.dedup);
    writer.Bytes(5, options.dedup_by);
    writer.Bytes(6, options.sort_by);
    writer.Varint(7, options.order);
  });
}

}  // namespace skydive::flow::test
