// SPDX-License-Identifier: Apache-2.0
#include "flow/text.h"

#include <ctime>

namespace skydive::flow {
using layers::Cursor;

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
