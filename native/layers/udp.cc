// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeUdp(Stack& stack, Cursor data) {
  if (!data.Has(8)) {
    stack.Add(LayerType::kUdp, data.First(0), 0).readable = false;
    stack.SetTransport();
    return kBadStep;
  }
  const uint16_t length = data.U16(4);
  // Zero is a jumbogram: everything belongs to it.
  const Layer& layer = stack.Add(LayerType::kUdp, length < 8 ? data : data.First(length), 8);
  stack.SetTransport();
  if (length != 0 && length < 8) return kBadStep;
  Protocol next = stack.ports.Find(data.U16(2));
  if (next == Protocol::kPayload) next = stack.ports.Find(data.U16(0));
  return {next, layer.Payload()};
}

Step DecodeUdpLite(Stack& stack, Cursor data) {
  if (!data.Has(8)) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kUdpLite, data, 8);
  stack.SetTransport();
  return {Protocol::kPayload, layer.Payload()};
}

}  // namespace skydive::layers
