// SPDX-License-Identifier: Apache-2.0
// Which UDP ports announce a protocol that is decoded further.
#pragma once

#include <array>
#include <cstdint>

#include "layers/protocol.h"

namespace skydive::layers {

class UdpPorts {
 public:
  UdpPorts();
  // MPLS over UDP: the port found as MPLSUDPPort on a captured node.
  void AddMpls(uint16_t port) { Add(port, Protocol::kMpls); }
  Protocol Find(uint16_t port) const {
    return (known_[port >> 6] >> (port & 63) & 1) == 0 ? Protocol::kPayload : Search(port);
  }

 private:
  static constexpr size_t kMaxPorts = 64;
  struct Entry {
    uint16_t port;
    Protocol protocol;
  };

  void Add(uint16_t port, Protocol protocol);
  Protocol Search(uint16_t port) const;

  std::array<uint64_t, 1024> known_{};
  std::array<Entry, kMaxPorts> entries_{};
  size_t count_ = 0;
};

}  // namespace skydive::layers
