// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeMpls(Stack& stack, Cursor data) {
  if (!data.Has(4)) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kMpls, data, 4);
  const bool bottom = (data.U8(2) & 1) != 0;
  return {bottom ? Protocol::kMplsPayload : Protocol::kMpls, layer.Payload()};
}

}  // namespace skydive::layers
