// SPDX-License-Identifier: Apache-2.0
#include "capture/packet_capture.h"

#include <chrono>
#include <thread>

namespace skydive::capture {

PacketCapture::PacketCapture(PacketCaptureOptions options, const layers::UdpPorts& ports, Notify notify)
    : LiveCapture(std::move(options.table), ports, std::move(notify)),
      first_(options.first),
      ring_(std::in_place, options.ring) {
  Start();
}

void PacketCapture::Drain() {
  // Bounded, so that one busy interface leaves the others their turn.
  for (int block = 0; block < 64; ++block) {
    const auto ready = ring_->Read();
    if (ready.empty()) break;
    packets_.clear();
    for (const kernel::RingPacket& packet : ready) {
      packets_.push_back(
          {layers::Cursor(packet.data, packet.captured), packet.time_ns, packet.wire, 0, first_});
    }
    Process(packets_);
    read_ += ready.size();
  }
  const std::lock_guard lock(mutex_);
  if (std::string why; error_.empty() && !ring_->Alive(why)) error_ = why;
}

void PacketCapture::Settle() {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(3 * kernel::PacketRing::kRetireMs);
  for (bool first = true; Clock::now() < deadline; first = false) {
    {
      const std::lock_guard lock(mutex_);
      if (!ring_) return;
      if (first) ring_->Refuse();
      const kernel::RingStatistics ring = ring_->Statistics();
      if (read_ + ring.dropped >= ring.received) return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void PacketCapture::AddStats(CaptureStats& stats) {
  const kernel::RingStatistics ring = ring_ ? ring_->Statistics() : released_;
  stats.packets_received = ring.received;
  stats.packets_dropped = ring.dropped;
}

void PacketCapture::Release() {
  released_ = ring_->Statistics();
  ring_.reset();
}

}  // namespace skydive::capture
