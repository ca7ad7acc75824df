// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

constexpr size_t kMinHeader = 20;

// False when an option runs out of the header.
bool OptionsFit(Cursor options) {
  while (!options.empty()) {
    const uint8_t type = options.U8(0);
    if (type == 0) return true;
    if (type == 1) {
      options = options.From(1);
      continue;
    }
    const uint8_t length = options.U8(1);
    if (length <= 2 || !options.Has(length)) return false;
    options = options.From(length);
  }
  return true;
}

}  // namespace

Step DecodeIpv4(Stack& stack, Cursor data) {
  Layer& layer = stack.Add(LayerType::kIpv4, data, data.size());
  stack.SetNetwork();
  if (!data.Has(kMinHeader)) {
    layer.header = 0;
    layer.payload = 0;
    layer.readable = false;
    return kBadStep;
  }
  uint32_t length = data.U16(2);
  // Segmentation offload hands over packets whose length is not filled in.
  if (length == 0) length = uint16_t(data.size());
  layer.length = length;
  const uint32_t header = (data.U8(0) & 0xf) * 4;
  if (length < kMinHeader || header < kMinHeader || header > length || !data.Has(header)) return kBadStep;
  const Cursor packet = data.First(length);
  layer.header = header;
  layer.payload = uint32_t(packet.size() - header);
  if (header > kMinHeader && !OptionsFit(packet.First(header).From(kMinHeader))) return kBadStep;
  const uint16_t fragment = data.U16(6) & 0x3fff;
  return {fragment != 0 ? Protocol::kFragment : OfIpProtocol(data.U8(9)), layer.Payload()};
}

Step DecodeFragment(Stack& stack, Cursor data) {
  stack.Add(LayerType::kFragment, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
