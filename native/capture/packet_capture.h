// SPDX-License-Identifier: Apache-2.0
// Packets of an interface through a ring that the kernel fills, into flows.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "capture/live_capture.h"
#include "kernel/packet_ring.h"

namespace skydive::capture {

struct PacketCaptureOptions {
  kernel::RingOptions ring;
  TableOptions table;
  layers::Protocol first = layers::Protocol::kEthernet;
};

class PacketCapture : public LiveCapture {
 public:
  // Throws std::system_error or std::runtime_error when the interface cannot be captured.
  PacketCapture(PacketCaptureOptions options, const layers::UdpPorts& ports, Notify notify);
  ~PacketCapture() override { Stop(); }

  // The kernel hands over a block that is not full 64 ms after its first packet.
  void Settle() override;

 private:
  int fd() const override { return ring_->fd(); }
  // All blocks that are ready.
  void Drain() override;
  void AddStats(CaptureStats& stats) override;
  void Release() override;

  const layers::Protocol first_;
  std::optional<kernel::PacketRing> ring_;
  kernel::RingStatistics released_;  // what the ring had counted
  std::vector<flow::Packet> packets_;
  std::atomic<uint64_t> read_ = 0;
};

}  // namespace skydive::capture
