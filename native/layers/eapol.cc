// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

constexpr size_t kKeyFrame = 95;

}  // namespace

Step DecodeEapol(Stack& stack, Cursor data) {
  if (!data.Has(4)) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kEapol, data, 4);
  switch (data.U8(1)) {
    case 0:
      return {Protocol::kEap, layer.Payload()};
    case 3:
      return {Protocol::kEapolKey, layer.Payload()};
    default:
      return kEndStep;
  }
}

Step DecodeEap(Stack& stack, Cursor data) {
  if (!data.Has(4)) return kOverrunStep;
  const size_t length = data.U16(2);
  if (length < 4) return kBadStep;
  if (!data.Has(length)) return kOverrunStep;
  stack.Add(LayerType::kEap, data, length);
  return kEndStep;
}

Step DecodeEapolKey(Stack& stack, Cursor data) {
  if (!data.Has(kKeyFrame) || !data.Has(kKeyFrame + data.U16(93))) return kBadStep;
  const bool encrypted = (data.U16(1) & 0x1000) != 0;
  const Layer& layer = stack.Add(LayerType::kEapolKey, data, kKeyFrame + (encrypted ? data.U16(93) : 0));
  return {Protocol::kPayload, layer.Payload()};
}

}  // namespace skydive::layers
