// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

constexpr uint32_t kMagicCookie = 0x63825363;

bool OptionsFit(Cursor options) {
  while (!options.empty()) {
    const uint8_t type = options.U8(0);
    if (type == 255) return true;
    if (type == 0) {
      options = options.From(1);
      continue;
    }
    const size_t size = 2 + size_t{options.U8(1)};
    if (!options.Has(2) || !options.Has(size)) return false;
    options = options.From(size);
  }
  return true;
}

}  // namespace

Step DecodeDhcpv4(Stack& stack, Cursor data) {
  // Hardware addresses longer than the field overflow the reference's arithmetic.
  if (!data.Has(240) || data.U8(2) > 227 || !data.Has(28 + size_t{data.U8(2)})) return kOverrunStep;
  if (data.U32(236) != kMagicCookie || !OptionsFit(data.From(240))) return kBadStep;
  stack.Add(LayerType::kDhcpv4, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
