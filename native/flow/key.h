// SPDX-License-Identifier: Apache-2.0
// What identifies the flow of a piece: the fields that are hashed, in the order they are hashed.
#pragma once

#include <cstdint>

#include "flow/piece.h"

namespace skydive::flow {

enum class LayerKeyMode : uint8_t { kL2, kL3 };

struct Keys {
  uint64_t flow;
  uint64_t l2;
  uint64_t l3;
};

class Key {
 public:
  Key(const Piece& piece, LayerKeyMode mode);

  // The identifiers' keys. The parent is the enclosing tunnel's UUID, if any.
  Keys Compute(bool has_parent, uint64_t parent) const;
  // A keyed 64-bit hash of the same fields: what the table looks flows up by.
  uint64_t Hash(uint64_t seed, bool has_parent, uint64_t parent) const;
  // Whether source and destination were exchanged to make both directions equal.
  bool swapped() const { return swapped_; }
  bool has_link() const { return link_size_ != kNone; }
  // Source and destination of what decided the order differ.
  bool directed() const { return directed_; }

 private:
  static constexpr uint8_t kNone = 0xff;

  void SetTransport(const Piece& piece);
  void SetApplication(const Piece& piece);

  // Sizes are of one side; kNone when the layer is absent, 0 when its header is broken.
  const uint8_t* network_[2];
  const uint8_t* link_[2];
  uint8_t network_size_ = kNone;
  uint8_t link_size_ = kNone;
  uint8_t transport_size_ = kNone;  // of both sides
  uint8_t network_type_ = 0;
  uint8_t transport_type_ = 0;
  uint8_t transport_[6];
  bool has_application_ = false;
  bool swapped_ = false;
  bool directed_ = false;
  uint32_t application_ = 0;
};

}  // namespace skydive::flow
