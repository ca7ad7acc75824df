// SPDX-License-Identifier: Apache-2.0
// Packets of an interface through memory shared with the kernel: AF_PACKET with a TPACKET_V3 receive ring.
// Documentation/networking/packet_mmap.rst.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernel/descriptor.h"

namespace skydive::kernel {

struct RingOptions {
  std::string interface;
  std::string namespace_path;  // the own one when empty
  size_t ring_bytes = 4 << 20;
  // Decides what is captured and how much of it: it returns the bytes to keep. Never empty.
  std::vector<sock_filter> filter;
  bool promiscuous = false;
};

struct RingPacket {
  const uint8_t* data;  // valid until the next call of Read
  uint32_t captured;
  uint32_t wire;
  int64_t time_ns;
};

struct RingStatistics {
  uint64_t received = 0;  // those dropped included
  uint64_t dropped = 0;
};

class PacketRing {
 public:
  // A block that is not full is handed over after this time.
  static constexpr unsigned kRetireMs = 64;

  // Throws std::system_error naming the interface and what failed.
  explicit PacketRing(const RingOptions& options);
  ~PacketRing();
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;

  // Readable when a block is ready.
  int fd() const { return socket_.get(); }
  // The packets of the next block that is ready; none when there is none. A tag that the kernel took off is
  // put back.
  std::span<const RingPacket> Read();
  // Takes no packet from now on; what came before can be read.
  void Refuse();
  // Totals since the ring was opened.
  RingStatistics Statistics();
  // False once the interface is gone or down for good; `why` tells.
  bool Alive(std::string& why) const;

 private:
  static constexpr size_t kBlockBytes = 128 << 10;

  void Open(const RingOptions& options);
  void ReleaseBlock();

  Descriptor socket_;
  uint8_t* map_ = nullptr;
  size_t map_bytes_ = 0;
  uint32_t blocks_ = 0;
  uint32_t next_ = 0;
  bool holding_ = false;
  std::vector<RingPacket> packets_;
  RingStatistics statistics_;
};

}  // namespace skydive::kernel
