// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

// Skips the source route entries (RFC 1701); 0 when they leave the packet.
size_t SkipRouting(Cursor data, size_t at) {
  for (;;) {
    if (!data.Has(at + 4)) return 0;
    const size_t length = data.U8(at + 3);
    if (!data.Has(at + 4 + length)) return 0;
    const bool last = data.U16(at) == 0 && length == 0;
    at += 4 + length;
    if (last) return at;
  }
}

}  // namespace

Step DecodeGre(Stack& stack, Cursor data) {
  if (!data.Has(4)) return kOverrunStep;
  const uint8_t flags = data.U8(0);
  size_t header = 4;
  if ((flags & 0xc0) != 0) header += 4;  // checksum, routing
  if ((flags & 0x20) != 0) header += 4;  // key
  if ((flags & 0x10) != 0) header += 4;  // sequence number
  if (!data.Has(header)) return kOverrunStep;
  if ((flags & 0x40) != 0) {
    header = SkipRouting(data, header);
    if (header == 0) return kOverrunStep;
  }
  if ((data.U8(1) & 0x80) != 0) header += 4;  // acknowledgment
  if (!data.Has(header)) return kOverrunStep;
  const Layer& layer = stack.Add(LayerType::kGre, data, header);
  return {OrEnd(OfEtherType(data.U16(2))), layer.Payload()};
}

// ERSPAN type II: its 8 bytes belong to no layer.
Step DecodeErspan2(Stack& stack, Cursor data) {
  return data.Has(8) ? DecodeInnerEthernet(stack, data.From(8)) : kOverrunStep;
}

}  // namespace skydive::layers
