// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeStp(Stack& stack, Cursor data) {
  stack.Add(LayerType::kStp, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
