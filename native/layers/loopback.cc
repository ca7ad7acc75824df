// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

// BSD loopback: the address family in the byte order of the capturing host.
Step DecodeLoopback(Stack& stack, Cursor data) {
  if (!data.Has(4)) return kBadStep;
  const bool big_endian = data.U16(0) == 0;
  const uint32_t family = big_endian ? data.U32(0) : data.U16Little(0) | uint32_t{data.U16Little(2)} << 16;
  if (family > 0xff) return kBadStep;
  const Layer& layer = stack.Add(LayerType::kLoopback, data, 4);
  switch (family) {
    case 2:
      return {Protocol::kIpv4, layer.Payload()};
    case 10:
    case 24:
    case 28:
    case 30:
      return {Protocol::kIpv6, layer.Payload()};
    default:
      return {Protocol::kUnknown, layer.Payload()};
  }
}

}  // namespace skydive::layers
