// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

constexpr size_t kMinHeader = 20;

bool OptionsFit(Cursor options) {
  while (!options.empty()) {
    const uint8_t kind = options.U8(0);
    // The end-of-list option ends nothing in the reference: what follows is read as options too.
    if (kind == 0 || kind == 1) {
      options = options.From(1);
      continue;
    }
    const uint8_t length = options.U8(1);
    if (length < 2 || !options.Has(length)) return false;
    options = options.From(length);
  }
  return true;
}

}  // namespace

Step DecodeTcp(Stack& stack, Cursor data) {
  Layer& layer = stack.Add(LayerType::kTcp, data, data.size());
  stack.SetTransport();
  if (!data.Has(kMinHeader)) {
    layer.header = 0;
    layer.readable = false;
    return kBadStep;
  }
  const size_t header = (data.U8(12) >> 4) * size_t{4};
  if (header < kMinHeader) {
    layer.header = 0;
    return kBadStep;
  }
  if (!data.Has(header)) return kBadStep;
  layer.header = uint32_t(header);
  layer.payload = uint32_t(data.size() - header);
  if (header > kMinHeader && !OptionsFit(data.First(header).From(kMinHeader))) return kBadStep;
  // Stream contents are never decoded, whatever the port.
  return {Protocol::kPayload, layer.Payload()};
}

}  // namespace skydive::layers
