// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <string_view>

#include "layers/protocols.h"

namespace skydive::layers {

namespace {

std::string_view Text(Cursor data) { return {reinterpret_cast<const char*>(data.data()), data.size()}; }

std::string_view Trim(std::string_view text, std::string_view of) {
  const size_t first = text.find_first_not_of(of);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(of) - first + 1);
}

bool EqualsIgnoringCase(std::string_view text, std::string_view upper) {
  return std::equal(text.begin(), text.end(), upper.begin(), upper.end(),
                    [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; });
}

bool IsVersion(std::string_view text) {
  return EqualsIgnoringCase(text, "SIP/1.0") || EqualsIgnoringCase(text, "SIP/2.0");
}

bool IsMethod(std::string_view text) {
  static constexpr std::string_view kMethods[] = {"INVITE",   "ACK",   "BYE",       "CANCEL", "OPTIONS",
                                                  "REGISTER", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH",
                                                  "INFO",     "REFER", "MESSAGE",   "UPDATE", "PING"};
  return std::any_of(std::begin(kMethods), std::end(kMethods),
                     [text](std::string_view method) { return EqualsIgnoringCase(text, method); });
}

bool IsInteger(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  if (text.empty() || text.size() > 18) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool FirstLineValid(std::string_view line, bool& response) {
  const size_t first = line.find(' ');
  if (first == std::string_view::npos) return false;
  const size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return false;
  const std::string_view start = line.substr(0, first);
  const std::string_view middle = line.substr(first + 1, second - first - 1);
  response = start.starts_with("SIP");
  if (response) return IsVersion(start) && IsInteger(middle);
  return IsMethod(start) && IsVersion(line.substr(second + 1));
}

Protocol CheckHeader(std::string_view line, bool response, bool& any) {
  if (line[0] == '\t' || line[0] == ' ') return any ? Protocol::kEnd : Protocol::kOverrun;
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Protocol::kEnd;
  any = true;
  const std::string_view name = Trim(line.substr(0, colon), " ");
  const std::string_view value = Trim(line.substr(colon + 1), " ");
  if (EqualsIgnoringCase(name, "CONTENT-LENGTH")) return IsInteger(value) ? Protocol::kEnd : Protocol::kBad;
  if (!EqualsIgnoringCase(name, "CSEQ")) return Protocol::kEnd;
  const size_t blank = value.find(' ');
  if (blank == std::string_view::npos) return Protocol::kEnd;
  if (!IsInteger(value.substr(0, blank))) return Protocol::kBad;
  const std::string_view rest = value.substr(blank + 1);
  return !response || IsMethod(rest.substr(0, rest.find(' '))) ? Protocol::kEnd : Protocol::kBad;
}

Protocol Check(std::string_view text) {
  text = Trim(text, "\n");
  bool response = false;
  bool any = false;
  for (uint32_t line_number = 0;; ++line_number) {
    const size_t end = text.find('\n');
    // A last line without its end is not looked at.
    if (end == std::string_view::npos) return Protocol::kEnd;
    const std::string_view line = Trim(text.substr(0, end), "\r\n");
    text.remove_prefix(end + 1);
    if (line.empty()) return Protocol::kEnd;
    if (line_number == 0) {
      if (!FirstLineValid(line, response)) return Protocol::kBad;
    } else if (const Protocol outcome = CheckHeader(line, response, any); outcome != Protocol::kEnd) {
      return outcome;
    }
  }
}

}  // namespace

Step DecodeSip(Stack& stack, Cursor data) {
  if (const Protocol outcome = Check(Text(data)); outcome != Protocol::kEnd) return {outcome, {}};
  stack.Add(LayerType::kSip, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
