// SPDX-License-Identifier: Apache-2.0
// Zeroed memory for what grows with the number of flows.
#pragma once

#include <cstddef>
#include <utility>

namespace skydive::flow {

class LargeMemory {
 public:
  LargeMemory() = default;
  // Aligned to 64 bytes. Much of it is had from the kernel page by page as it is used, or at once when it is `wanted`
  // whole: that is half the price. Throws std::bad_alloc.
  explicit LargeMemory(size_t bytes, bool wanted = false);
  ~LargeMemory();
  LargeMemory(LargeMemory&& other) noexcept { *this = std::move(other); }
  LargeMemory& operator=(LargeMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  std::byte* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace skydive::flow
