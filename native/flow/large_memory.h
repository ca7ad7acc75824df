// SPDX-License-Identifier: Apache-2.0
// Zeroed memory for what grows with the number of flows. Much of it comes in huge pages, where the kernel has them: a
// million flows in pages of 4 KiB are a page fault for every dozen new ones, and a walk through the page table for
// nearly every packet.
#pragma once

#include <cstddef>
#include <utility>

namespace skydive::flow {

class LargeMemory {
 public:
  static constexpr size_t kHugePage = 2 << 20;

  LargeMemory() = default;
  // Aligned to 64 bytes; to huge pages, and in them, from that size on. Throws std::bad_alloc.
  explicit LargeMemory(size_t bytes);
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
