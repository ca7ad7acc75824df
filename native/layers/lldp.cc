// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

struct Tlv {
  uint8_t type;
  Cursor value;
};

enum Type : uint8_t {
  kEnd,
  kChassisId,
  kPortId,
  kTtl,
  kCapabilities = 7,
  kManagementAddress,
  kOrganization = 127
};

// Reads one TLV and moves past it; false when it leaves the frame.
bool Next(Cursor& data, Tlv& tlv) {
  const size_t length = data.U16(0) & 0x1ff;
  if (!data.Has(2 + length)) return false;
  tlv = {uint8_t(data.U8(0) >> 1), data.From(2).First(length)};
  data = data.From(2 + length);
  return true;
}

// The mandatory TLVs (IEEE 802.1AB 9.2.7), and the end.
Protocol Check(Cursor data) {
  uint32_t count = 0;
  bool end = false;
  bool malformed = false;
  uint8_t chassis = 0;
  uint8_t port = 0;
  for (Tlv tlv; !data.empty() && !end; ++count) {
    if (!Next(data, tlv)) return Protocol::kOverrun;
    if (tlv.type == kEnd) end = true;
    if (tlv.type >= kChassisId && tlv.type <= kTtl) malformed = malformed || !tlv.value.Has(2);
    if (tlv.type == kChassisId) chassis = tlv.value.U8(0);
    if (tlv.type == kPortId) port = tlv.value.U8(0);
  }
  return count >= 4 && !malformed && end && chassis != 0 && port != 0 ? Protocol::kEnd : Protocol::kBad;
}

// The optional TLVs: both layers are listed before they are looked at.
Protocol CheckInfo(Cursor data) {
  for (Tlv tlv; !data.empty() && Next(data, tlv) && tlv.type != kEnd;) {
    if (tlv.type == kCapabilities && !tlv.value.Has(4)) return Protocol::kBad;
    if (tlv.type == kOrganization && !tlv.value.Has(4)) return Protocol::kBad;
    if (tlv.type == kManagementAddress &&
        (!tlv.value.Has(9) || !tlv.value.Has(tlv.value.U8(0) + size_t{7}))) {
      return Protocol::kBad;
    }
  }
  return Protocol::kEnd;
}

}  // namespace

Step DecodeLldp(Stack& stack, Cursor data) {
  if (const Protocol outcome = Check(data); outcome != Protocol::kEnd) return {outcome, {}};
  stack.Add(LayerType::kLldp, data, data.size());
  stack.Add(LayerType::kLldpInfo, data.From(data.size()), 0);
  return {CheckInfo(data), {}};
}

}  // namespace skydive::layers
