// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

// Bidirectional forwarding detection, RFC 5880.
Step DecodeBfd(Stack& stack, Cursor data) {
  if (!data.Has(24) || data.size() != data.U8(3)) return kBadStep;
  const bool authenticated = (data.U8(1) & 4) != 0;
  if (authenticated && data.size() > 26) {
    const uint8_t type = data.U8(24);
    if (type >= 2 && type <= 5 && !data.Has(32)) return kOverrunStep;
  }
  stack.Add(LayerType::kBfd, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
