// SPDX-License-Identifier: Apache-2.0
// From a 64-bit hash to the place of a flow: open addressing, eight bytes an entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "flow/large_memory.h"

namespace skydive::flow {

class HashIndex {
 public:
  static constexpr uint32_t kNotFound = 0xffffffff;

  HashIndex() { Resize(kMinBits); }

  void Prefetch(uint64_t hash) const { __builtin_prefetch(&entries_[Home(Tag(hash))]); }

  // The first entry that may be the hash's: `same(place)` decides.
  template <typename Same>
  uint32_t Find(uint64_t hash, Same same) const {
    const uint32_t tag = Tag(hash);
    for (size_t at = Home(tag);; at = (at + 1) & mask_) {
      const uint64_t entry = entries_[at];
      if (entry == kEmpty) return kNotFound;
      if (uint32_t(entry >> 32) == tag && same(PlaceOf(entry))) return PlaceOf(entry);
    }
  }

  // What Find would most likely return, without looking at the place.
  uint32_t Guess(uint64_t hash) const {
    return Find(hash, [](uint32_t) { return true; });
  }

  void Insert(uint64_t hash, uint32_t place) {
    if ((count_ + 1) * 10 > (mask_ + 1) * 7) Resize(bits_ + 1);
    Put(uint64_t{Tag(hash)} << 32 | (place + 1));
    ++count_;
  }

  void Remove(uint64_t hash, uint32_t place) {
    const uint64_t wanted = uint64_t{Tag(hash)} << 32 | (place + 1);
    size_t hole = Home(Tag(hash));
    while (entries_[hole] != wanted) {
      if (entries_[hole] == kEmpty) return;
      hole = (hole + 1) & mask_;
    }
    // Shift back what the hole would cut off from its home.
    for (size_t at = (hole + 1) & mask_; entries_[at] != kEmpty; at = (at + 1) & mask_) {
      const size_t home = Home(uint32_t(entries_[at] >> 32));
      if (((at - home) & mask_) >= ((at - hole) & mask_)) {
        entries_[hole] = entries_[at];
        hole = at;
      }
    }
    entries_[hole] = kEmpty;
    --count_;
  }

  size_t MemoryUse() const { return memory_.bytes(); }

 private:
  static constexpr uint32_t kMinBits = 10;
  // From here on entries are in every page.
  static constexpr uint32_t kLargeBits = 16;
  static constexpr uint64_t kEmpty = 0;

  static uint32_t Tag(uint64_t hash) { return uint32_t(hash >> 32); }
  // The tag's high bits say where it belongs, so resizing and removing need nothing else.
  size_t Home(uint32_t tag) const { return tag >> (32 - bits_); }
  static uint32_t PlaceOf(uint64_t entry) { return uint32_t(entry) - 1; }

  void Put(uint64_t entry) {
    size_t at = Home(uint32_t(entry >> 32));
    while (entries_[at] != kEmpty) at = (at + 1) & mask_;
    entries_[at] = entry;
  }

  void Resize(uint32_t bits) {
    LargeMemory memory((size_t{1} << bits) * sizeof(uint64_t), bits >= kLargeBits);
    const uint64_t* old = entries_;
    const size_t old_size = old == nullptr ? 0 : mask_ + 1;
    std::swap(memory, memory_);
    entries_ = reinterpret_cast<uint64_t*>(memory_.data());
    bits_ = bits;
    mask_ = (size_t{1} << bits) - 1;
    for (size_t i = 0; i < old_size; ++i) {
      if (old[i] != kEmpty) Put(old[i]);
    }
  }

  LargeMemory memory_;
  uint64_t* entries_ = nullptr;  // zeroed memory is empty
  size_t mask_ = 0;
  uint32_t bits_ = 0;
  size_t count_ = 0;
};

}  // namespace skydive::flow
