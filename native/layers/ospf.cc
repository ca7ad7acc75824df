// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

enum Type : uint8_t { kHello = 1, kDatabaseDescription, kRequest, kUpdate, kAcknowledgment };

// The smallest body of each link state advertisement, 0 when the type is unknown.
size_t AdvertisementSize(uint16_t type) {
  switch (type) {
    case 1:
    case 0x2001:
    case 0x2002:
      return 24;
    case 5:
      return 36;
    case 0x2003:
      return 28;
    case 0x2004:
      return 32;
    case 0x2005:
    case 0x2007:
      return 28;
    case 0x0008:
      return 44;
    case 0x2009:
      return 32;
    default:
      return 0;
  }
}

Protocol CheckUpdate(Cursor data, uint32_t count, bool version2) {
  for (; count > 0; --count) {
    if (!data.Has(20)) return Protocol::kOverrun;
    const size_t length = data.U16(18);
    const size_t smallest = AdvertisementSize(version2 ? data.U8(3) : data.U16(2));
    if (length < 20 || !data.Has(length) || smallest == 0) return Protocol::kBad;
    if (!data.Has(smallest)) return Protocol::kOverrun;
    data = data.From(length);
  }
  return Protocol::kEnd;
}

struct Body {
  size_t fixed;  // bytes before the repeated entries
  size_t entry;  // size of one entry
};

Protocol Check(Cursor data, bool version2) {
  const size_t header = version2 ? 24 : 16;
  if (!data.Has(header)) return Protocol::kBad;
  Body body{header, 0};
  switch (data.U8(1)) {
    case kHello:
      body = {header + 20, 4};
      break;
    case kDatabaseDescription:
      body = {version2 ? size_t{32} : size_t{28}, 20};
      break;
    case kRequest:
      body.entry = 12;
      break;
    case kUpdate:
      if (!data.Has(header + 4)) return Protocol::kOverrun;
      return CheckUpdate(data.From(header + 4), data.U32(header), version2);
    case kAcknowledgment:
      body.entry = 20;
      break;
    default:
      return Protocol::kEnd;
  }
  if (!data.Has(body.fixed)) return Protocol::kOverrun;
  const size_t announced = data.U16(2);
  if (announced < body.fixed) return Protocol::kEnd;
  const size_t entries = (announced - body.fixed) / body.entry;
  return data.Has(body.fixed + entries * body.entry) ? Protocol::kEnd : Protocol::kOverrun;
}

}  // namespace

// OSPF versions 2 (RFC 2328) and 3 (RFC 5340); nothing of it counts as header.
Step DecodeOspf(Stack& stack, Cursor data) {
  const uint8_t version = data.U8(0);
  if (!data.Has(14) || (version != 2 && version != 3)) return kBadStep;
  if (const Protocol outcome = Check(data, version == 2); outcome != Protocol::kEnd) return {outcome, {}};
  stack.Add(LayerType::kOspf, data.First(0), 0);
  return kEndStep;
}

}  // namespace skydive::layers
