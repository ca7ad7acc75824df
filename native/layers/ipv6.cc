// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

constexpr size_t kHeader = 40;
constexpr uint8_t kJumbogram = 0xc2;

struct Extension {
  Protocol outcome = Protocol::kEnd;  // kBad or kOverrun when it cannot be read
  size_t size = 0;
  Protocol next = Protocol::kUnknown;
};

Extension ReadExtension(Cursor data) {
  if (!data.Has(2)) return {Protocol::kBad};
  const size_t size = data.U8(1) * size_t{8} + 8;
  if (!data.Has(size)) return {Protocol::kBad};
  return {Protocol::kEnd, size, OfIpProtocol(data.U8(0))};
}

// Walks the options of a hop-by-hop or destination header; the first jumbogram option's bytes go to jumbo.
Protocol ReadOptions(Cursor data, size_t size, Cursor* jumbo) {
  for (size_t at = 2; at < size;) {
    const uint8_t type = data.U8(at);
    if (type == 0) {
      ++at;
      continue;
    }
    const size_t length = data.U8(at + 1);
    if (!data.Has(at + 2 + length)) return Protocol::kOverrun;
    if (type == kJumbogram && jumbo != nullptr && jumbo->data() == nullptr)
      *jumbo = data.From(at + 2).First(length);
    at += 2 + length;
  }
  return Protocol::kEnd;
}

Step Decode(Stack& stack, Cursor data, bool list_hop_by_hop) {
  if (!data.Has(kHeader)) {
    stack.Add(LayerType::kIpv6, data.First(0), 0).readable = false;
    stack.SetNetwork();
    return kBadStep;
  }
  const uint32_t length = data.U16(4);
  Cursor payload = data.From(kHeader);
  Extension hop_by_hop;
  Cursor jumbo;
  const bool has_hop_by_hop = data.U8(6) == 0;
  if (has_hop_by_hop) {
    hop_by_hop = ReadExtension(payload);
    if (hop_by_hop.outcome == Protocol::kEnd)
      hop_by_hop.outcome = ReadOptions(payload, hop_by_hop.size, &jumbo);
    // The reference forgets the layer it was about to list.
    if (hop_by_hop.outcome == Protocol::kOverrun) return kOverrunStep;
  }
  Layer& layer = stack.Add(LayerType::kIpv6, data, kHeader);
  stack.SetNetwork();
  layer.length = length;
  if (!has_hop_by_hop) {
    if (length == 0) return kBadStep;
    layer.payload = uint32_t(payload.First(length).size());
    return {OfIpProtocol(data.U8(6)), layer.Payload()};
  }
  if (hop_by_hop.outcome != Protocol::kEnd) return kBadStep;
  Cursor above = payload.From(hop_by_hop.size);
  // Listed, the header hands on all that follows it; unlisted, the packet's own length cuts.
  if (list_hop_by_hop) stack.Add(LayerType::kIpv6HopByHop, payload, hop_by_hop.size);
  if (jumbo.data() != nullptr) {
    const uint32_t jumbo_length = jumbo.U32(0);
    if (jumbo.size() != 4 || jumbo_length <= 0xffff || length != 0) return kBadStep;
    return {hop_by_hop.next, list_hop_by_hop ? above : payload.First(jumbo_length)};
  }
  if (length == 0) return kBadStep;
  return {hop_by_hop.next, list_hop_by_hop ? above : above.First(length)};
}

Step DecodeOptionsHeader(Stack& stack, Cursor data, LayerType type) {
  const Extension extension = ReadExtension(data);
  if (extension.outcome != Protocol::kEnd) {
    stack.Add(type, data.First(0), 0);
    return kBadStep;
  }
  if (ReadOptions(data, extension.size, nullptr) == Protocol::kOverrun) return kOverrunStep;
  const Layer& layer = stack.Add(type, data, extension.size);
  return {extension.next, layer.Payload()};
}

}  // namespace

Step DecodeIpv6(Stack& stack, Cursor data) { return Decode(stack, data, true); }
Step DecodeIpv6Bare(Stack& stack, Cursor data) { return Decode(stack, data, false); }

Step DecodeIpv6HopByHop(Stack& stack, Cursor data) {
  return DecodeOptionsHeader(stack, data, LayerType::kIpv6HopByHop);
}

Step DecodeIpv6Destination(Stack& stack, Cursor data) {
  return DecodeOptionsHeader(stack, data, LayerType::kIpv6Destination);
}

Step DecodeIpv6Routing(Stack& stack, Cursor data) {
  const Extension extension = ReadExtension(data);
  if (extension.outcome != Protocol::kEnd) return kBadStep;
  // Only source routing (type 0) is known; its addresses are 16 bytes each.
  if (data.U8(2) != 0 || (extension.size - 8) % 16 != 0) return kBadStep;
  const Layer& layer = stack.Add(LayerType::kIpv6Routing, data, extension.size);
  return {extension.next, layer.Payload()};
}

Step DecodeIpv6Fragment(Stack& stack, Cursor data) {
  if (!data.Has(8)) return kBadStep;
  const Layer& layer = stack.Add(LayerType::kIpv6Fragment, data, 8);
  return {Protocol::kFragment, layer.Payload()};
}

}  // namespace skydive::layers
