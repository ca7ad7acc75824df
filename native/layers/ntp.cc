// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeNtp(Stack& stack, Cursor data) {
  if (!data.Has(48)) return kBadStep;
  stack.Add(LayerType::kNtp, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
