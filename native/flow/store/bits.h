// SPDX-License-Identifier: Apache-2.0
// A set of rows.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace skydive::flow::store {

class Bits {
 public:
  Bits() = default;
  Bits(uint32_t size, bool value) : size_(size), words_((size_t{size} + 63) / 64, value ? ~uint64_t{0} : 0) {
    Trim();
  }

  uint32_t size() const { return size_; }
  bool operator[](uint32_t at) const { return (words_[at >> 6] >> (at & 63) & 1) != 0; }
  void Set(uint32_t at) { words_[at >> 6] |= uint64_t{1} << (at & 63); }
  uint64_t& word(size_t at) { return words_[at]; }
  size_t words() const { return words_.size(); }

  bool None() const {
    for (const uint64_t word : words_) {
      if (word != 0) return false;
    }
    return true;
  }
  uint32_t Count() const {
    uint32_t count = 0;
    for (const uint64_t word : words_) count += uint32_t(std::popcount(word));
    return count;
  }
  Bits& operator&=(const Bits& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  Bits& operator|=(const Bits& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  // Takes out what is in the other.
  Bits& operator-=(const Bits& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    return *this;
  }
  void Flip() {
    for (uint64_t& word : words_) word = ~word;
    Trim();
  }
  template <typename Visit>
  void Each(Visit visit) const {
    for (size_t i = 0; i < words_.size(); ++i) {
      for (uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(uint32_t(i * 64) + uint32_t(std::countr_zero(word)));
      }
    }
  }

 private:
  void Trim() {
    if ((size_ & 63) != 0) words_.back() &= (uint64_t{1} << (size_ & 63)) - 1;
  }

  uint32_t size_ = 0;
  std::vector<uint64_t> words_;
};

}  // namespace skydive::flow::store
