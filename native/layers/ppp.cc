// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

Protocol OfPppType(uint16_t type) {
  switch (type) {
    case 0x21:
      return Protocol::kIpv4;
    case 0x57:
      return Protocol::kIpv6;
    case 0x281:
    case 0x283:
      return Protocol::kMpls;
    default:
      return Protocol::kUnknown;
  }
}

}  // namespace

Step DecodePpp(Stack& stack, Cursor data) {
  if (!data.Has(1) || (data.U8(0) == 0xff && !data.Has(2))) return kOverrunStep;
  // Address and control bytes are skipped without counting as header.
  if (data.U16(0) == 0xff03) data = data.From(2);
  if (data.empty()) return kOverrunStep;
  const bool short_type = (data.U8(0) & 1) != 0;
  if (!short_type) {
    if (!data.Has(2)) return kOverrunStep;
    if ((data.U8(1) & 1) == 0) return kBadStep;
  }
  const Layer& layer = stack.Add(LayerType::kPpp, data, short_type ? 1 : 2);
  stack.SetLink();
  return {OfPppType(short_type ? data.U8(0) : data.U16(0)), layer.Payload()};
}

}  // namespace skydive::layers
