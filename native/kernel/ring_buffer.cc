// SPDX-License-Identifier: Apache-2.0
#include "kernel/ring_buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <system_error>

namespace skydive::kernel {

RingBuffer::RingBuffer(size_t bytes)
    : bytes_(std::bit_floor(std::clamp<size_t>(bytes, size_t(getpagesize()), size_t{1} << 30))),
      page_(size_t(getpagesize())),
      map_({BPF_MAP_TYPE_RINGBUF, 0, 0, uint32_t(bytes_), 0, "skydive_ring"}) {
  void* consumer = mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_SHARED, fd(), 0);
  if (consumer == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "cannot map a BPF ring");
  // The data is there twice, so that no record is cut in two.
  void* producer = mmap(nullptr, page_ + 2 * bytes_, PROT_READ, MAP_SHARED, fd(), off_t(page_));
  if (producer == MAP_FAILED) {
    const int why = errno;
    munmap(consumer, page_);
    throw std::system_error(why, std::generic_category(), "cannot map a BPF ring");
  }
  consumed_ = static_cast<std::atomic<uint64_t>*>(consumer);
  produced_ = static_cast<std::atomic<uint64_t>*>(producer);
  data_ = static_cast<uint8_t*>(producer) + page_;
}

RingBuffer::~RingBuffer() {
  munmap(consumed_, page_);
  munmap(produced_, page_ + 2 * bytes_);
}

}  // namespace skydive::kernel
