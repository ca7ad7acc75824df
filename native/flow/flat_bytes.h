// SPDX-License-Identifier: Apache-2.0
// Bytes written one after the other into memory that somebody else has made large enough: what a string does besides
// costs more than the bytes themselves.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace skydive::flow {

class FlatBytes {
 public:
  explicit FlatBytes(char* begin) : begin_(begin), end_(begin) {}

  size_t size() const { return size_t(end_ - begin_); }
  char& operator[](size_t at) { return begin_[at]; }
  std::string_view view() const { return {begin_, size()}; }

  void append(const char* bytes, size_t count) {
    std::memcpy(end_, bytes, count);
    end_ += count;
  }
  void append(size_t count, char byte) {
    std::memset(end_, byte, count);
    end_ += count;
  }
  FlatBytes& operator+=(char byte) {
    *end_++ = byte;
    return *this;
  }
  FlatBytes& operator+=(std::string_view bytes) {
    append(bytes.data(), bytes.size());
    return *this;
  }
  void replace(size_t at, size_t count, const char* bytes, size_t more) {
    std::memmove(begin_ + at + more, begin_ + at + count, size() - at - count);
    std::memcpy(begin_ + at, bytes, more);
    end_ += more;
    end_ -= count;
  }

 private:
  char* begin_;
  char* end_;
};

}  // namespace skydive::flow
