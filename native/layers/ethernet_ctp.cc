// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

// Ethernet configuration testing protocol (loopback of the DEC-Intel-Xerox specification); little endian.
Step DecodeEthernetCtp(Stack& stack, Cursor data) {
  if (!data.Has(2)) return kOverrunStep;
  if (data.U16Little(0) % 2 != 0) return kBadStep;
  const Layer& layer = stack.Add(LayerType::kEthernetCtp, data, 2);
  return {Protocol::kEthernetCtpFunction, layer.Payload()};
}

Step DecodeEthernetCtpFunction(Stack& stack, Cursor data) {
  if (!data.Has(2)) return kOverrunStep;
  switch (data.U16Little(0)) {
    case 1:
      if (!data.Has(4)) return kOverrunStep;
      stack.Add(LayerType::kEthernetCtpReply, data, data.size());
      return kEndStep;
    case 2: {
      if (!data.Has(8)) return kOverrunStep;
      const Layer& layer = stack.Add(LayerType::kEthernetCtpForwardData, data, 8);
      return {Protocol::kEthernetCtpFunction, layer.Payload()};
    }
    default:
      return kBadStep;
  }
}

}  // namespace skydive::layers
