// SPDX-License-Identifier: Apache-2.0
// A hashed timer wheel over the places of a table: one slot a second, arming and disarming in constant time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "flow/slab.h"

namespace skydive::flow {

class TimerWheel {
 public:
  TimerWheel() { heads_.fill(kNone); }

  void Grow(uint32_t places) { links_.Grow(places); }
  // Disarms everything and forgets the places.
  void Clear() {
    heads_.fill(kNone);
    links_ = {};
    passed_s_ = 0;
  }

  // (Re)arms a place to fire once time reaches the millisecond.
  void Arm(uint32_t place, int64_t due_ms);
  void Disarm(uint32_t place);

  // Moves the places due before `now_ms` rounded up to whole seconds into `due`, disarmed. Exactness within
  // that second is the caller's.
  void Advance(int64_t now_ms, std::vector<uint32_t>& due);

  size_t MemoryUse() const { return links_.MemoryUse(); }

 private:
  static constexpr uint32_t kSlots = 1024;
  static constexpr uint32_t kNone = 0xffffffff;
  struct Link {
    uint32_t previous = kNone;
    uint32_t next = kNone;
    uint32_t due_s = kNone;  // kNone while disarmed
  };

  static uint32_t SecondsOf(int64_t ms);

  std::array<uint32_t, kSlots> heads_;
  Slab<Link> links_;
  uint32_t passed_s_ = 0;  // every slot up to this second has been visited
};

}  // namespace skydive::flow
