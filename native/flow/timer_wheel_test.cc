// SPDX-License-Identifier: Apache-2.0
#include "flow/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace skydive::flow {
namespace {

TEST(TimerWheel, FiresEachPlaceInItsSecondOverRandomSteps) {
  TimerWheel wheel;
  wheel.Grow(500);
  std::map<uint32_t, int64_t> armed;
  std::mt19937 random(5);
  int64_t now_ms = 1500000000000;
  for (int step = 0; step < 20000; ++step) {
    const uint32_t place = random() % 500;
    switch (random() % 4) {
      case 0:
        wheel.Disarm(place);
        armed.erase(place);
        break;
      case 1: {
        now_ms += random() % 90000;
        std::vector<uint32_t> due, expected;
        wheel.Advance(now_ms, due);
        for (const auto& [at, due_ms] : armed) {
          if (due_ms / 1000 <= now_ms / 1000) expected.push_back(at);
        }
        for (const uint32_t at : expected) armed.erase(at);
        std::sort(due.begin(), due.end());
        ASSERT_EQ(due, expected);
        break;
      }
      default: {
        // Up to two turns of the wheel ahead, and into the past.
        const int64_t due_ms = now_ms - 20000 + random() % 2500000;
        wheel.Arm(place, due_ms);
        armed[place] = due_ms;
      }
    }
  }
}

}  // namespace
}  // namespace skydive::flow
