// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeIpsecAh(Stack& stack, Cursor data) {
  const size_t header = (data.U8(1) + size_t{2}) * 4;
  if (!data.Has(12) || header < 12 || !data.Has(header)) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kIpsecAh, data, header);
  return {OfIpProtocol(data.U8(0)), layer.Payload()};
}

Step DecodeIpsecEsp(Stack& stack, Cursor data) {
  if (!data.Has(8)) return kOverrunStep;
  stack.Add(LayerType::kIpsecEsp, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
