// SPDX-License-Identifier: Apache-2.0
// What did not come, by the numbers that a sender gives to what it sends.
#pragma once

#include <cstdint>
#include <optional>

namespace skydive::capture {

class Sequence {
 public:
  // Takes the number of what came, which counts as so many; how many are missing before it.
  uint64_t Lost(uint32_t number, uint64_t counted) {
    const uint32_t gap = next_ ? number - *next_ : 0;
    next_ = number + uint32_t(counted);
    // A large one is a sender that was started anew, or another order.
    return gap < 1u << 31 ? gap : 0;
  }

 private:
  std::optional<uint32_t> next_;
};

}  // namespace skydive::capture
