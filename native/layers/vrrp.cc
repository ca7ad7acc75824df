// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeVrrp(Stack& stack, Cursor data) {
  const uint8_t addresses = data.U8(3);
  if (!data.Has(8) || (data.U8(0) & 0xf) != 1 || addresses < 1) return kBadStep;
  if (!data.Has(8 + addresses * size_t{4})) return kOverrunStep;
  stack.Add(LayerType::kVrrp, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
