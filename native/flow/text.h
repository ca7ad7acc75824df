// SPDX-License-Identifier: Apache-2.0
// Spelling of the values of flows, as Go's libraries spell them.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "layers/cursor.h"

namespace skydive::flow {

inline constexpr std::string_view kNoAddress = "<nil>";
inline constexpr char kHexDigits[] = "0123456789abcdef";

// `out` is a std::string, or what else bytes can be appended to (flat_bytes.h).

// Lower-case hexadecimal without leading zeros; at most 16 characters.
template <typename Out>
void AppendHex(Out& out, uint64_t value) {
  char text[16];
  char* at = text + sizeof text;
  do {
    *--at = kHexDigits[value & 0xf];
    value >>= 4;
  } while (value != 0);
  out.append(at, size_t(text + sizeof text - at));
}

template <typename Out>
void AppendDecimal(Out& out, int64_t value) {
  char text[20];
  out.append(text, size_t(std::to_chars(text, text + sizeof text, value).ptr - text));
}

template <typename Out>
void AppendMac(Out& out, const uint8_t* mac) {
  char text[17];
  for (int i = 0; i < 6; ++i) {
    text[i * 3] = kHexDigits[mac[i] >> 4];
    text[i * 3 + 1] = kHexDigits[mac[i] & 0xf];
    if (i < 5) text[i * 3 + 2] = ':';
  }
  out.append(text, sizeof text);
}

template <typename Out>
void AppendIpv4(Out& out, const uint8_t* bytes) {
  char text[15];
  char* at = text;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    const uint8_t value = bytes[i];
    if (value >= 100) *at++ = char('0' + value / 100);
    if (value >= 10) *at++ = char('0' + value / 10 % 10);
    *at++ = char('0' + value % 10);
  }
  out.append(text, size_t(at - text));
}

// The longest run of two or more zero groups is left out, the first one of equals.
template <typename Out>
void AppendIpv6(Out& out, layers::Cursor bytes) {
  int best = -1;
  int best_size = 1;
  for (int i = 0; i < 8;) {
    int end = i;
    while (end < 8 && bytes.U16(size_t(end) * 2) == 0) ++end;
    if (end - i > best_size) {
      best = i;
      best_size = end - i;
    }
    i = end + 1;
  }
  bool separated = true;
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      out.append("::", 2);
      i += best_size - 1;
      separated = true;
      continue;
    }
    if (!separated) out.append(":", 1);
    AppendHex(out, bytes.U16(size_t(i) * 2));
    separated = false;
  }
}

// 4 or 16 bytes; none is an address that the packet did not hold.
template <typename Out>
void AppendAddress(Out& out, layers::Cursor bytes) {
  constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (bytes.empty()) {
    out.append(kNoAddress.data(), kNoAddress.size());
  } else if (bytes.size() == 4) {
    AppendIpv4(out, bytes.data());
  } else if (bytes.size() != 16) {
    out.append("?", 1);
    for (size_t i = 0; i < bytes.size(); ++i) {
      const char digits[] = {kHexDigits[bytes.U8(i) >> 4], kHexDigits[bytes.U8(i) & 0xf]};
      out.append(digits, sizeof digits);
    }
  } else if (std::memcmp(bytes.data(), kMapped, sizeof kMapped) == 0) {
    AppendIpv4(out, bytes.data() + 12);
  } else {
    AppendIpv6(out, bytes);
  }
}

void AppendBase64(std::string& out, layers::Cursor bytes);
// RFC 3339 in UTC, with as many digits of the second's fraction as it takes.
void AppendTime(std::string& out, int64_t time_ns);

}  // namespace skydive::flow
