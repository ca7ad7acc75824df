// SPDX-License-Identifier: Apache-2.0
#include "flow/timer_wheel.h"

#include <algorithm>

namespace skydive::flow {

uint32_t TimerWheel::SecondsOf(int64_t ms) { return uint32_t(std::clamp<int64_t>(ms / 1000, 0, kNone - 1)); }

void TimerWheel::Arm(uint32_t place, int64_t due_ms) {
  const uint32_t due_s = SecondsOf(due_ms);
  if (links_[place].due_s == due_s) return;
  Disarm(place);
  // What is due in the past fires at the next advance, so its slot has to be visited again.
  if (due_s < passed_s_) passed_s_ = due_s;
  Link& link = links_[place];
  uint32_t& head = heads_[due_s % kSlots];
  link = {kNone, head, due_s};
  if (head != kNone) links_[head].previous = place;
  head = place;
}

void TimerWheel::Disarm(uint32_t place) {
  Link& link = links_[place];
  if (link.due_s == kNone) return;
  if (link.previous != kNone) {
    links_[link.previous].next = link.next;
  } else {
    heads_[link.due_s % kSlots] = link.next;
  }
  if (link.next != kNone) links_[link.next].previous = link.previous;
  link = {};
}

void TimerWheel::Advance(int64_t now_ms, std::vector<uint32_t>& due) {
  const uint32_t now_s = SecondsOf(now_ms);
  if (now_s < passed_s_) return;
  const uint32_t slots = std::min(now_s - passed_s_ + 1, kSlots);
  for (uint32_t i = 0; i < slots; ++i) {
    for (uint32_t place = heads_[(passed_s_ + i) % kSlots]; place != kNone;) {
      const uint32_t next = links_[place].next;
      if (links_[place].due_s <= now_s) {
        Disarm(place);
        due.push_back(place);
      }
      place = next;
    }
  }
  passed_s_ = now_s;
}

}  // namespace skydive::flow
