// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeLlc(Stack& stack, Cursor data) {
  if (!data.Has(3)) return kBadStep;
  const uint8_t control = data.U8(2);
  const bool two_bytes = (control & 1) == 0 || (control & 3) == 1;
  if (two_bytes && !data.Has(4)) return kBadStep;
  const Layer& layer = stack.Add(LayerType::kLlc, data, two_bytes ? 4 : 3);
  const uint8_t destination = data.U8(0) & 0xfe;
  const uint8_t source = data.U8(1) & 0xfe;
  if (destination == 0xaa && source == 0xaa) return {Protocol::kSnap, layer.Payload()};
  if (destination == 0x42 && source == 0x42) return {Protocol::kStp, layer.Payload()};
  return {Protocol::kUnknown, layer.Payload()};
}

Step DecodeSnap(Stack& stack, Cursor data) {
  if (!data.Has(5)) return kBadStep;
  const Layer& layer = stack.Add(LayerType::kSnap, data, 5);
  return {OfEtherType(data.U16(3)), layer.Payload()};
}

}  // namespace skydive::layers
