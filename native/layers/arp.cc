// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeArp(Stack& stack, Cursor data) {
  if (!data.Has(8)) return kOverrunStep;
  // The reference computes these ends in eight bits.
  const uint8_t hardware = data.U8(4);
  const uint8_t protocol = data.U8(5);
  const uint8_t ends[] = {8, uint8_t(8 + hardware), uint8_t(8 + hardware + protocol),
                          uint8_t(8 + 2 * hardware + protocol), uint8_t(8 + 2 * hardware + 2 * protocol)};
  for (int i = 1; i < 5; ++i) {
    if (ends[i] < ends[i - 1] || ends[i] > data.size()) return kOverrunStep;
  }
  const Layer& layer = stack.Add(LayerType::kArp, data, ends[4]);
  return {Protocol::kPayload, layer.Payload()};
}

}  // namespace skydive::layers
