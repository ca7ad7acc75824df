// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeEtherIp(Stack& stack, Cursor data) {
  if (!data.Has(2)) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kEtherIp, data, 2);
  return {Protocol::kEthernet, layer.Payload()};
}

}  // namespace skydive::layers
