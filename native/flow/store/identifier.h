// SPDX-License-Identifier: Apache-2.0
// Identifiers of flows as numbers: most are hexadecimal, without leading zeros.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace skydive::flow::store {

// The number that a text of 1 to 16 lower-case digits spells; none when it would be written in another way.
inline std::optional<uint64_t> NumberOf(std::string_view text) {
  if (text.empty() || text.size() > 16 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  uint64_t number = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = number << 4 | uint64_t(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      number = number << 4 | uint64_t(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return number;
}

// What a UUID is found by: its number, or a hash of its text.
uint64_t UuidKey(std::string_view uuid, bool& odd);

}  // namespace skydive::flow::store
