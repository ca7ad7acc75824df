// SPDX-License-Identifier: Apache-2.0
// Texts, each kept once and named by a number; 0 is the empty text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flow/hash_index.h"

namespace skydive::flow::store {

// A hash that nobody outside can foresee.
uint64_t KeyedHash(std::string_view text);
uint64_t KeyedHash(uint64_t number);

class TextDictionary {
 public:
  TextDictionary() { Intern({}); }

  // `guess` is a number that the text may well have.
  uint32_t Intern(std::string_view text, uint32_t guess = 0) {
    if (guess < ends_.size() && Text(guess) == text) return guess;
    const uint64_t hash = KeyedHash(text);
    const uint32_t found = index_.Find(hash, [&](uint32_t place) { return Text(place) == text; });
    if (found != HashIndex::kNotFound) return found;
    const auto place = uint32_t(ends_.size());
    bytes_ += text;
    ends_.push_back(uint32_t(bytes_.size()));
    index_.Insert(hash, place);
    return place;
  }

  std::string_view Text(uint32_t place) const {
    const uint32_t begin = place == 0 ? 0 : ends_[place - 1];
    return std::string_view(bytes_).substr(begin, ends_[place] - begin);
  }
  const std::vector<uint32_t>& ends() const { return ends_; }
  const std::string& bytes() const { return bytes_; }
  size_t MemoryUse() const { return bytes_.capacity() + ends_.capacity() * 4 + index_.MemoryUse(); }

 private:
  std::string bytes_;
  std::vector<uint32_t> ends_;
  HashIndex index_;
};

}  // namespace skydive::flow::store
