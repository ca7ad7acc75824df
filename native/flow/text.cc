// SPDX-License-Identifier: Apache-2.0
#include "flow/text.h"

#include <charconv>
#include <ctime>
#include <string_view>

namespace skydive::flow {
namespace {

using layers::Cursor;

constexpr char kDigits[] = "0123456789abcdef";

void AppendIpv4(std::string& out, const uint8_t* bytes) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) out += '.';
    AppendDecimal(out, bytes[i]);
  }
}

// The longest run of two or more zero groups is left out, the first one of equals.
void AppendIpv6(std::string& out, Cursor bytes) {
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
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += best_size - 1;
      continue;
    }
    if (i > 0 && out.back() != ':') out += ':';
    AppendHex(out, bytes.U16(size_t(i) * 2));
  }
}

}  // namespace

void AppendHex(std::string& out, uint64_t value) {
  char text[16];
  out.append(text, std::to_chars(text, text + sizeof text, value, 16).ptr);
}

void AppendDecimal(std::string& out, int64_t value) {
  char text[20];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void AppendMac(std::string& out, const uint8_t* mac) {
  char text[17];
  for (int i = 0; i < 6; ++i) {
    text[i * 3] = kDigits[mac[i] >> 4];
    text[i * 3 + 1] = kDigits[mac[i] & 0xf];
    if (i < 5) text[i * 3 + 2] = ':';
  }
  out.append(text, sizeof text);
}

void AppendAddress(std::string& out, Cursor bytes) {
  constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (bytes.empty()) {
    out += kNoAddress;
  } else if (bytes.size() == 4) {
    AppendIpv4(out, bytes.data());
  } else if (bytes.size() != 16) {
    out += '?';
    for (size_t i = 0; i < bytes.size(); ++i) {
      out += kDigits[bytes.U8(i) >> 4];
      out += kDigits[bytes.U8(i) & 0xf];
    }
  } else if (std::memcmp(bytes.data(), kMapped, sizeof kMapped) == 0) {
    AppendIpv4(out, bytes.data() + 12);
  } else {
    AppendIpv6(out, bytes);
  }
}

void AppendBase64(std::string& out, Cursor bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t group = uint32_t{bytes.U8(i)} << 16 | bytes.U8(i + 1) << 8 | bytes.U8(i + 2);
    out += kAlphabet[group >> 18];
    out += kAlphabet[group >> 12 & 63];
    out += i + 1 < bytes.size() ? kAlphabet[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kAlphabet[group & 63] : '=';
  }
}

void AppendTime(std::string& out, int64_t time_ns) {
  int64_t seconds = time_ns / 1000000000;
  int64_t nanoseconds = time_ns % 1000000000;
  if (nanoseconds < 0) {
    nanoseconds += 1000000000;
    --seconds;
  }
  const time_t time = seconds;
  tm parts{};
  gmtime_r(&time, &parts);
  char text[40];
  out.append(text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts));
  if (nanoseconds != 0) {
    std::string fraction = std::to_string(nanoseconds);
    fraction.insert(0, 9 - fraction.size(), '0');
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += '.';
    out += fraction;
  }
  out += 'Z';
}

}  // namespace skydive::flow
