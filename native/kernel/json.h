// SPDX-License-Identifier: Apache-2.0
// Appends JSON to a text. Texts of the kernel may hold any byte: what is not UTF-8 becomes U+FFFD.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skydive::kernel {

void AppendJsonText(std::string& out, std::string_view text);

// Writes `{"a":1,…}` member by member; commas take care of themselves.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;
  void Close() { out_ += '}'; }

  // The caller appends the value.
  void Key(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  void Number(std::string_view key, int64_t value) {
    Key(key);
    out_ += std::to_string(value);
  }
  void NumberUnlessZero(std::string_view key, int64_t value) {
    if (value != 0) Number(key, value);
  }
  void Text(std::string_view key, std::string_view value) {
    Key(key);
    AppendJsonText(out_, value);
  }
  void TextUnlessEmpty(std::string_view key, std::string_view value) {
    if (!value.empty()) Text(key, value);
  }

 private:
  std::string& out_;
  bool first_ = true;
};

// Writes `[…]` of whatever `element` appends for each item.
template <typename Range, typename Element>
void AppendJsonList(std::string& out, const Range& items, Element element) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    element(item);
  }
  out += ']';
}

}  // namespace skydive::kernel
