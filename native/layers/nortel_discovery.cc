// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeNortelDiscovery(Stack& stack, Cursor data) {
  if (!data.Has(11)) return kBadStep;
  stack.Add(LayerType::kNortelDiscovery, data.First(0), 0);
  return kEndStep;
}

}  // namespace skydive::layers
