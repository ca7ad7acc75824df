// SPDX-License-Identifier: Apache-2.0
// A view of packet bytes whose reads cannot leave it: past the end everything reads as zero.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace skydive::layers {

class Cursor {
 public:
  constexpr Cursor() = default;
  constexpr Cursor(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  constexpr const uint8_t* data() const { return data_; }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr bool Has(size_t bytes) const { return size_ >= bytes; }

  uint8_t U8(size_t at) const { return at < size_ ? data_[at] : 0; }
  uint16_t U16(size_t at) const { return Fits(at, 2) ? uint16_t(data_[at] << 8 | data_[at + 1]) : 0; }
  uint16_t U16Little(size_t at) const { return Fits(at, 2) ? uint16_t(data_[at + 1] << 8 | data_[at]) : 0; }
  uint32_t U24(size_t at) const { return Fits(at, 3) ? U32Of(at, 3) : 0; }
  uint32_t U32(size_t at) const { return Fits(at, 4) ? U32Of(at, 4) : 0; }
  uint64_t U64(size_t at) const { return uint64_t{U32(at)} << 32 | U32(at + 4); }

  // What follows the first bytes; empty when there are not that many.
  constexpr Cursor From(size_t bytes) const {
    return bytes < size_ ? Cursor(data_ + bytes, size_ - bytes) : Cursor(data_ + size_, 0);
  }
  // At most the first bytes.
  constexpr Cursor First(size_t bytes) const { return Cursor(data_, std::min(bytes, size_)); }

 private:
  bool Fits(size_t at, size_t bytes) const { return size_ >= bytes && at <= size_ - bytes; }
  uint32_t U32Of(size_t at, size_t bytes) const {
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value = value << 8 | data_[at + i];
    return value;
  }

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace skydive::layers
