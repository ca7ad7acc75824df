// SPDX-License-Identifier: Apache-2.0
#include "flow/json_writer.h"

namespace skydive::flow {
namespace {

// Bytes of the UTF-8 sequence at the start of the text, 0 when it is none.
size_t SequenceSize(std::string_view text) {
  const auto at = [text](size_t i) { return i < text.size() ? uint8_t(text[i]) : 0; };
  const auto follows = [&at](size_t i) { return (at(i) & 0xc0) == 0x80; };
  const uint8_t lead = at(0);
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!follows(1) || !follows(2)) return 0;
    // Neither over-long forms nor surrogates.
    return (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f) ? 0 : 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    return (lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f) ? 0 : 4;
  }
  return 0;
}

void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '"':
      out += "\\\"";
      return;
    default:
      break;
  }
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[uint8_t(c) >> 4];
  out += kDigits[uint8_t(c) & 0xf];
}

bool IsPlain(char c) {
  return uint8_t(c) >= 0x20 && uint8_t(c) < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

}  // namespace

void JsonWriter::Quote(std::string_view value) {
  out_ += '"';
  while (!value.empty()) {
    size_t plain = 0;
    while (plain < value.size() && IsPlain(value[plain])) ++plain;
    if (plain > 0) {
      out_ += value.substr(0, plain);
      value.remove_prefix(plain);
    } else if (uint8_t(value[0]) < 0x80) {
      AppendEscaped(out_, value[0]);
      value.remove_prefix(1);
    } else if (const size_t size = SequenceSize(value); size == 0) {
      out_ += "\\ufffd";
      value.remove_prefix(1);
    } else {
      // The two line separators would end a line of JavaScript.
      const std::string_view sequence = value.substr(0, size);
      if (sequence == "\xe2\x80\xa8") {
        out_ += "\\u2028";
      } else if (sequence == "\xe2\x80\xa9") {
        out_ += "\\u2029";
      } else {
        out_ += sequence;
      }
      value.remove_prefix(size);
    }
  }
  out_ += '"';
  first_ = false;
}

}  // namespace skydive::flow
