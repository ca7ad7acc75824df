// SPDX-License-Identifier: Apache-2.0
// Mirrors every captured packet to another host.
#pragma once

#include <array>
#include <vector>

#include "capture/erspan.h"
#include "capture/target.h"
#include "kernel/raw_ip_sender.h"

namespace skydive::capture {

class ErspanTarget : public Target {
 public:
  explicit ErspanTarget(const TargetOptions& options)
      : interface_index_(options.interface_index), sender_(options.address, kProtocolGre) {}

  bool takes_packets() const override { return true; }
  void Packets(std::span<const flow::Packet> packets) override;
  TargetStats Stats() override;

 private:
  struct Wrapping {
    std::array<uint8_t, kErspanHeaderBytes> header;
    std::array<uint8_t, kErspanTrailerBytes> trailer;
  };

  const uint32_t interface_index_;
  kernel::RawIpSender sender_;
  uint32_t sequence_ = 0;
  std::vector<Wrapping> wrappings_;
  std::vector<iovec> pieces_;
};

}  // namespace skydive::capture
