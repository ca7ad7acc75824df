// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeGeneve(Stack& stack, Cursor data) {
  int options = (data.U8(0) & 0x3f) * 4;
  if (!data.Has(7) || !data.Has(size_t(options) + 7)) return kBadStep;
  // The reference counts the header in eight bits.
  uint8_t header = 8;
  while (options > 0) {
    if (!data.Has(header + size_t{4})) return kOverrunStep;
    const uint8_t length = uint8_t((data.U8(header + size_t{3}) & 0xf) * 4 + 4);
    if (!data.Has(size_t{header} + length)) return kOverrunStep;
    options -= length;
    header = uint8_t(header + length);
  }
  if (!data.Has(header)) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kGeneve, data, header);
  return {OrEnd(OfEtherType(data.U16(2))), layer.Payload()};
}

}  // namespace skydive::layers
