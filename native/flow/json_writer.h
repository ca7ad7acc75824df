// SPDX-License-Identifier: Apache-2.0
// JSON text appended to a string, with the separators that are due.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flow/text.h"

namespace skydive::flow {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void Key(std::string_view name) {
    Separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    first_ = true;
  }
  void Number(std::string_view name, int64_t value) {
    Key(name);
    AppendDecimal(out_, value);
    first_ = false;
  }
  void NumberUnlessZero(std::string_view name, int64_t value) {
    if (value != 0) Number(name, value);
  }
  void Text(std::string_view name, std::string_view value) {
    Key(name);
    Quote(value);
  }
  void TextUnlessEmpty(std::string_view name, std::string_view value) {
    if (!value.empty()) Text(name, value);
  }
  void TrueIf(std::string_view name, bool value) {
    if (!value) return;
    Key(name);
    out_ += "true";
    first_ = false;
  }
  void Base64UnlessEmpty(std::string_view name, layers::Cursor bytes) {
    if (bytes.empty()) return;
    Key(name);
    out_ += '"';
    AppendBase64(out_, bytes);
    out_ += '"';
    first_ = false;
  }
  // An array element.
  void Element(std::string_view value) {
    Separate();
    Quote(value);
  }
  template <typename Write>
  void Object(Write write) {
    Nest('{', '}', write);
  }
  template <typename Write>
  void Array(Write write) {
    Nest('[', ']', write);
  }

  std::string& out() { return out_; }

 private:
  template <typename Write>
  void Nest(char open, char close, Write write) {
    Separate();
    out_ += open;
    first_ = true;
    write();
    out_ += close;
    first_ = false;
  }
  void Separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void Quote(std::string_view value);

  std::string& out_;
  bool first_ = true;
};

}  // namespace skydive::flow
