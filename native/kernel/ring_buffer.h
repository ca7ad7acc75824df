// SPDX-License-Identifier: Apache-2.0
// The reading end of a BPF ring buffer (Documentation/bpf/ringbuf.rst).
#pragma once

#include <atomic>
#include <cstdint>

#include "kernel/bpf.h"

namespace skydive::kernel {

class RingBuffer {
 public:
  // Rounded down to a power of two, at least a page. Throws std::system_error.
  explicit RingBuffer(size_t bytes);
  ~RingBuffer();
  RingBuffer(const RingBuffer&) = delete;
  RingBuffer& operator=(const RingBuffer&) = delete;

  // Readable when the program woke its reader.
  int fd() const { return map_.fd(); }
  size_t bytes() const { return bytes_; }

  // Hands what waits to `visit(const void* record, uint32_t size)`, at most so many records. Returns how many.
  template <typename Visit>
  uint32_t Read(uint32_t limit, Visit visit) {
    uint32_t read = 0;
    uint64_t at = consumed_->load(std::memory_order_relaxed);
    for (; read < limit && at < produced_->load(std::memory_order_acquire); ++read) {
      const auto& header = *reinterpret_cast<std::atomic<uint32_t>*>(data_ + (at & (bytes_ - 1)));
      const uint32_t length = header.load(std::memory_order_acquire);
      if ((length & kBusy) != 0) break;
      const uint32_t size = length & ~(kBusy | kDiscarded);
      if ((length & kDiscarded) == 0) visit(data_ + (at & (bytes_ - 1)) + kHeader, size);
      at += (size + kHeader + 7) / 8 * 8;
      // Room is given back by the hundred: the producers' cores share this line.
      if (read % kGiveBack == 0) consumed_->store(at, std::memory_order_release);
    }
    consumed_->store(at, std::memory_order_release);
    return read;
  }

 private:
  static constexpr uint32_t kBusy = 1u << 31;
  static constexpr uint32_t kDiscarded = 1u << 30;
  static constexpr uint32_t kHeader = 8;
  static constexpr uint32_t kGiveBack = 128;

  size_t bytes_;
  size_t page_;
  BpfMap map_;
  std::atomic<uint64_t>* consumed_ = nullptr;
  std::atomic<uint64_t>* produced_ = nullptr;
  uint8_t* data_ = nullptr;
};

}  // namespace skydive::kernel
