// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

Protocol MessageOf(uint8_t type, size_t payload) {
  switch (type) {
    case 128:
    case 129:
      return Protocol::kIcmpv6Echo;
    case 130:
      return payload > 20 ? Protocol::kMldv2Query : Protocol::kMldv1Query;
    case 131:
      return Protocol::kMldv1Report;
    case 132:
      return Protocol::kMldv1Done;
    case 133:
      return Protocol::kIcmpv6RouterSolicitation;
    case 134:
      return Protocol::kIcmpv6RouterAdvertisement;
    case 135:
      return Protocol::kIcmpv6NeighborSolicitation;
    case 136:
      return Protocol::kIcmpv6NeighborAdvertisement;
    case 137:
      return Protocol::kIcmpv6Redirect;
    case 143:
      return Protocol::kMldv2Report;
    default:
      return Protocol::kPayload;
  }
}

bool OptionsFit(Cursor options) {
  while (!options.empty()) {
    const size_t length = options.U8(1) * size_t{8};
    if (length == 0 || !options.Has(length)) return false;
    options = options.From(length);
  }
  return true;
}

struct Message {
  LayerType type;
  size_t fixed;  // bytes before the options
  bool options;
};

Message Describe(Protocol message) {
  switch (message) {
    case Protocol::kIcmpv6RouterSolicitation:
      return {LayerType::kIcmpv6RouterSolicitation, 4, true};
    case Protocol::kIcmpv6RouterAdvertisement:
      return {LayerType::kIcmpv6RouterAdvertisement, 12, true};
    case Protocol::kIcmpv6NeighborSolicitation:
      return {LayerType::kIcmpv6NeighborSolicitation, 20, true};
    case Protocol::kIcmpv6NeighborAdvertisement:
      return {LayerType::kIcmpv6NeighborAdvertisement, 20, true};
    case Protocol::kIcmpv6Redirect:
      return {LayerType::kIcmpv6Redirect, 36, true};
    default:
      return {LayerType::kIcmpv6Echo, 4, false};
  }
}

}  // namespace

Step DecodeIcmpv6(Stack& stack, Cursor data) {
  if (!data.Has(4)) return kBadStep;
  const Layer& layer = stack.Add(LayerType::kIcmpv6, data, 4);
  return {MessageOf(data.U8(0), layer.payload), layer.Payload()};
}

Step DecodeIcmpv6Message(Stack& stack, Cursor data, Protocol message) {
  const Message shape = Describe(message);
  if (!data.Has(shape.fixed)) return kBadStep;
  if (shape.options && !OptionsFit(data.From(shape.fixed))) return kBadStep;
  stack.Add(shape.type, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
