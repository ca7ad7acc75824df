// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

bool Valid(Cursor data) {
  switch (data.U8(0)) {
    case 0x11:  // membership query: version 3 from 12 bytes on, earlier ones are 8 bytes
      return data.Has(12) || data.size() == 8;
    case 0x12:
    case 0x16:
    case 0x17:
      return data.Has(8);
    // The reference drops the errors of a version 3 report.
    case 0x22:
      return true;
    default:
      return false;
  }
}

}  // namespace

Step DecodeIgmp(Stack& stack, Cursor data) {
  if (!Valid(data)) return kBadStep;
  // Nothing of it counts as header.
  stack.Add(LayerType::kIgmp, data.First(0), 0);
  return kEndStep;
}

}  // namespace skydive::layers
