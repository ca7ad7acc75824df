// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeIcmpv4(Stack& stack, Cursor data) {
  if (!data.Has(8)) return kBadStep;
  const Layer& layer = stack.Add(LayerType::kIcmpv4, data, 8);
  return {Protocol::kPayload, layer.Payload()};
}

}  // namespace skydive::layers
