// SPDX-License-Identifier: Apache-2.0
// The layers of one packet, outermost first. One Stack serves packet after packet without allocating.
#pragma once

#include <array>
#include <cstdint>

#include "layers/cursor.h"
#include "layers/layer_type.h"
#include "layers/udp_ports.h"

namespace skydive::layers {

struct Layer {
  const uint8_t* data;  // first byte of the header
  uint32_t header;      // bytes of the header ("contents")
  uint32_t payload;     // bytes that follow and belong to this layer
  uint32_t length;      // Ethernet: 802.3 length or 0; IPv4: total length; IPv6: payload length field
  LayerType type;
  bool readable;  // false when the header is too short for its fields, which then read as absent

  Cursor Header() const { return Cursor(data, header); }
  Cursor Payload() const { return Cursor(data + header, payload); }
};

struct Stack {
  // A packet with more layers than this is read up to here; nothing legitimate comes near.
  static constexpr uint32_t kMaxLayers = 64;
  static constexpr uint8_t kAbsent = 0xff;

  explicit Stack(const UdpPorts& udp_ports) : ports(udp_ports) {}

  void Clear() {
    count = 0;
    link = network = transport = kAbsent;
  }
  bool Full() const { return count == kMaxLayers; }
  // Appends a layer; past kMaxLayers it does nothing.
  Layer& Add(LayerType type, Cursor data, size_t header) {
    uint32_t at = Full() ? kMaxLayers - 1 : count++;
    const size_t size = std::min(header, data.size());
    layers[at] = {data.data(), uint32_t(size), uint32_t(data.size() - size), 0, type, true};
    return layers[at];
  }
  void SetLink() {
    if (link == kAbsent) link = uint8_t(count - 1);
  }
  void SetNetwork() {
    if (network == kAbsent) network = uint8_t(count - 1);
  }
  void SetTransport() {
    if (transport == kAbsent) transport = uint8_t(count - 1);
  }

  const UdpPorts& ports;
  uint32_t count = 0;
  // Positions of the first layer of each kind, kAbsent when there is none.
  uint8_t link = kAbsent;
  uint8_t network = kAbsent;
  uint8_t transport = kAbsent;
  std::array<Layer, kMaxLayers> layers;
};

}  // namespace skydive::layers
