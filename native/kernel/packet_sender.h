// SPDX-License-Identifier: Apache-2.0
// Frames out of an interface, as they are: AF_PACKET, packet(7).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "kernel/descriptor.h"

namespace skydive::kernel {

class PacketSender {
 public:
  // `namespace_path`: the own one when empty. Throws std::system_error naming the interface and what failed.
  PacketSender(const std::string& interface, const std::string& namespace_path);

  // False, with errno set, when the kernel refuses the frame.
  bool Send(std::span<const uint8_t> frame);

 private:
  void Open(const std::string& interface);

  Descriptor socket_;
};

}  // namespace skydive::kernel
