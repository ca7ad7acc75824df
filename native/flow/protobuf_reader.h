// SPDX-License-Identifier: Apache-2.0
// The fields of a protocol buffer message, one after the other. Whatever the bytes are, no read leaves them.
#pragma once

#include <cstdint>
#include <string_view>

namespace skydive::flow {

class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view bytes) : rest_(bytes) {}

  // The next field; false at the end of the message and at what is no field.
  bool Next() {
    if (rest_.empty() || !ok_) return false;
    uint64_t tag;
    if (!Varint(tag) || tag >> 3 == 0 || tag >> 3 > kMaxField) return Fail();
    field_ = uint32_t(tag >> 3);
    is_bytes_ = is_varint_ = false;
    number_ = 0;
    bytes_ = {};
    switch (tag & 7) {
      case 0:
        is_varint_ = true;
        return Varint(number_) || Fail();
      case 1:
        return Take(8, bytes_) || Fail();
      case 2: {
        uint64_t size;
        is_bytes_ = true;
        return (Varint(size) && Take(size, bytes_)) || Fail();
      }
      case 5:
        return Take(4, bytes_) || Fail();
      default:  // groups, which nobody sends any more
        return Fail();
    }
  }
  // False once something was no field.
  bool ok() const { return ok_; }

  uint32_t field() const { return field_; }
  // The current field is of the wire type asked for: one that is not is as good as unknown.
  bool IsVarint(uint32_t field) const { return field == field_ && is_varint_; }
  bool IsBytes(uint32_t field) const { return field == field_ && is_bytes_; }
  uint64_t number() const { return number_; }
  std::string_view bytes() const { return bytes_; }

 private:
  static constexpr uint64_t kMaxField = (1u << 29) - 1;

  bool Fail() { return ok_ = false; }
  bool Varint(uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return false;
      const auto byte = uint8_t(rest_.front());
      rest_.remove_prefix(1);
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool Take(uint64_t size, std::string_view& bytes) {
    if (size > rest_.size()) return false;
    bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
  std::string_view bytes_;
  uint64_t number_ = 0;
  uint32_t field_ = 0;
  bool is_varint_ = false;
  bool is_bytes_ = false;
  bool ok_ = true;
};

}  // namespace skydive::flow
