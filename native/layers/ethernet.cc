// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

constexpr size_t kHeader = 14;
constexpr uint16_t kFirstEtherType = 0x0600;

Step Decode(Stack& stack, Cursor data, bool link) {
  const uint16_t type = data.U16(12);
  Cursor frame = data;
  if (type < kFirstEtherType) frame = data.First(kHeader + type);
  Layer& layer = stack.Add(LayerType::kEthernet, frame, kHeader);
  if (link) stack.SetLink();
  if (type >= kFirstEtherType) return {OfEtherType(type), layer.Payload()};
  layer.length = type;
  return {Protocol::kLlc, layer.Payload()};
}

}  // namespace

Step DecodeEthernet(Stack& stack, Cursor data) {
  return data.Has(kHeader) ? Decode(stack, data, true) : kBadStep;
}

Step DecodeInnerEthernet(Stack& stack, Cursor data) {
  if (data.Has(kHeader)) return Decode(stack, data, false);
  stack.Add(LayerType::kEthernet, data.First(0), 0).readable = false;
  return kBadStep;
}

}  // namespace skydive::layers
