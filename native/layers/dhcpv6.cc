// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeDhcpv6(Stack& stack, Cursor data) {
  const bool relay = data.U8(0) == 12 || data.U8(0) == 13;
  const size_t header = relay ? 34 : 4;
  if (!data.Has(header)) return kOverrunStep;
  for (Cursor option = data.From(header); !option.empty();) {
    if (!option.Has(3)) return kBadStep;
    const size_t length = option.U16(2);
    if (!option.Has(4 + length)) return kOverrunStep;
    option = option.From(4 + length);
  }
  stack.Add(LayerType::kDhcpv6, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
