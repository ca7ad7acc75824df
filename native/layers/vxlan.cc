// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeVxlan(Stack& stack, Cursor data) {
  if (!data.Has(8)) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kVxlan, data, 8);
  return {Protocol::kEthernet, layer.Payload()};
}

}  // namespace skydive::layers
