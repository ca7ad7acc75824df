// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

// Reliable UDP, RFC 1151.
Step DecodeRudp(Stack& stack, Cursor data) {
  if (!data.Has(18)) return kOverrunStep;
  if (data.U8(1) < 9) return kBadStep;
  const size_t header = data.U8(1) * size_t{2};
  if (!data.Has(header + data.U16(4))) return kOverrunStep;
  const size_t variable = header - 18;
  const uint8_t flags = data.U8(0);
  if ((flags & 0x80) != 0) {
    if (variable != 6) return kBadStep;
  } else if ((flags & 0x20) != 0 && variable % 4 != 0) {
    return kBadStep;
  }
  const Layer& layer = stack.Add(LayerType::kRudp, data.First(header + data.U16(4)), header);
  stack.SetTransport();
  return {Protocol::kPayload, layer.Payload()};
}

}  // namespace skydive::layers
