// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeDot1Q(Stack& stack, Cursor data) {
  if (!data.Has(4)) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kDot1Q, data, 4);
  return {OrEnd(OfEtherType(data.U16(2))), layer.Payload()};
}

}  // namespace skydive::layers
