// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

Protocol CheckTlvs(Cursor data) {
  while (!data.empty()) {
    if (!data.Has(4)) return Protocol::kOverrun;
    const size_t length = data.U16(2);
    if (length < 4) return Protocol::kBad;
    if (!data.Has(length)) return Protocol::kOverrun;
    data = data.From(length);
  }
  return Protocol::kEnd;
}

}  // namespace

Step DecodeCiscoDiscovery(Stack& stack, Cursor data) {
  if (!data.Has(4)) return kOverrunStep;
  if (data.U8(0) != 1 && data.U8(0) != 2) return kBadStep;
  if (const Protocol outcome = CheckTlvs(data.From(4)); outcome != Protocol::kEnd) return {outcome, {}};
  const Layer& layer = stack.Add(LayerType::kCiscoDiscovery, data, 4);
  return {Protocol::kCiscoDiscoveryInfo, layer.Payload()};
}

Step DecodeCiscoDiscoveryInfo(Stack& stack, Cursor data) {
  stack.Add(LayerType::kCiscoDiscoveryInfo, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
