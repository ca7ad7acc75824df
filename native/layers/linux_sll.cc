// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeLinuxSll(Stack& stack, Cursor data) {
  if (!data.Has(16)) return kBadStep;
  if (!data.Has(6 + size_t{data.U16(4)})) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kLinuxSll, data, 16);
  stack.SetLink();
  return {OfEtherType(data.U16(14)), layer.Payload()};
}

}  // namespace skydive::layers
