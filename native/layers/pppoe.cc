// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodePppoe(Stack& stack, Cursor data) {
  if (!data.Has(6)) return kOverrunStep;
  const size_t length = data.U16(4);
  if (!data.Has(6 + length)) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kPppoe, data.First(6 + length), 6);
  return {data.U8(1) == 0 ? Protocol::kPpp : Protocol::kUnknown, layer.Payload()};
}

}  // namespace skydive::layers
