// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeGtpv1u(Stack& stack, Cursor data) {
  if (!data.Has(8)) return kBadStep;
  if (uint16_t(data.size()) < uint16_t(8 + data.U16(2))) return kBadStep;
  size_t header = 8;
  const uint8_t flags = data.U8(0);
  if ((flags & 7) != 0) {
    header += 4;
    if (!data.Has(header)) return kBadStep;
    if ((flags & 4) != 0) {
      // Extension headers: a length in units of 4 bytes first, the next one's type last.
      bool more = true;
      while (more) {
        if (!data.Has(header + 1)) return kOverrunStep;
        const size_t length = data.U8(header) * size_t{4};
        if (length == 0) return kBadStep;
        if (!data.Has(header + length)) return kBadStep;
        header += length;
        more = data.U8(header - 1) != 0;
      }
    }
  }
  const Layer& layer = stack.Add(LayerType::kGtpv1u, data, header);
  if (layer.payload == 0) return kOverrunStep;
  switch (layer.Payload().U8(0) >> 4) {
    case 4:
      return {Protocol::kIpv4, layer.Payload()};
    case 6:
      return {Protocol::kIpv6, layer.Payload()};
    default:
      return {Protocol::kPpp, layer.Payload()};
  }
}

}  // namespace skydive::layers
