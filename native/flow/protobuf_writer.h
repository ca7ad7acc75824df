// SPDX-License-Identifier: Apache-2.0
// Protocol buffer fields appended to a string, or to FlatBytes, proto3: what is zero or empty is left out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skydive::flow {

template <typename Out>
class BasicProtobufWriter {
 public:
  explicit BasicProtobufWriter(Out& out) : out_(out) {}

  void Varint(uint32_t field, uint64_t value) {
    if (value == 0) return;
    Tag(field, kVarint);
    Raw(value);
  }
  void Bytes(uint32_t field, std::string_view value) {
    if (value.empty()) return;
    Element(field, value);
  }
  // An element of a repeated field: written even when it is empty.
  void Element(uint32_t field, std::string_view value) {
    Tag(field, kLength);
    Raw(value.size());
    out_ += value;
  }
  // A sub-message, or anything else whose length is known only when `write` has appended it.
  template <typename Write>
  void Message(uint32_t field, Write write) {
    Tag(field, kLength);
    const size_t at = out_.size();
    out_ += '\0';
    write();
    const size_t size = out_.size() - at - 1;
    if (size < 0x80) {
      out_[at] = char(size);
      return;
    }
    char length[10];
    const size_t bytes = Spell(size, length);
    out_.replace(at, 1, length, bytes);
  }

  // The same for what is nearly always 128 bytes or more, which then need not be moved for its length.
  template <typename Write>
  void LongMessage(uint32_t field, Write write) {
    constexpr size_t kMax = 1 << 14;
    Tag(field, kLength);
    const size_t at = out_.size();
    out_.append(2, 0);
    write();
    const size_t size = out_.size() - at - 2;
    char length[10];
    const size_t bytes = Spell(size, length);
    if (size >= 0x80 && size < kMax) {
      out_[at] = length[0];
      out_[at + 1] = length[1];
    } else {
      out_.replace(at, 2, length, bytes);
    }
  }

  Out& out() { return out_; }

 private:
  enum WireType : uint8_t { kVarint = 0, kLength = 2 };

  static size_t Spell(uint64_t value, char* to) {
    size_t size = 0;
    for (; value >= 0x80; value >>= 7) to[size++] = char(value | 0x80);
    to[size++] = char(value);
    return size;
  }
  void Raw(uint64_t value) {
    if (value < 0x80) {
      out_ += char(value);
      return;
    }
    char text[10];
    out_.append(text, Spell(value, text));
  }
  void Tag(uint32_t field, WireType type) { Raw(uint64_t{field} << 3 | type); }

  Out& out_;
};

using ProtobufWriter = BasicProtobufWriter<std::string>;

}  // namespace skydive::flow
