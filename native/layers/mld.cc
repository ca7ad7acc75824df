// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

Protocol CheckQuery(Cursor data) {
  return data.Has(24) && data.Has(24 + data.U16(22) * size_t{16}) ? Protocol::kEnd : Protocol::kBad;
}

Protocol CheckReport(Cursor data) {
  if (!data.Has(4)) return Protocol::kBad;
  Cursor record = data.From(4);
  for (uint32_t left = data.U16(2); left > 0; --left) {
    if (!record.Has(4)) return Protocol::kBad;
    if (!record.Has(20)) return Protocol::kOverrun;
    const size_t size = 20 + record.U16(2) * size_t{16} + record.U8(1) * size_t{4};
    if (!record.Has(size)) return Protocol::kBad;
    record = record.From(size);
  }
  return Protocol::kEnd;
}

}  // namespace

// Multicast listener discovery, versions 1 (RFC 2710) and 2 (RFC 3810).
Step DecodeMld(Stack& stack, Cursor data, Protocol message) {
  LayerType type = LayerType::kMldv1Query;
  Protocol outcome = Protocol::kEnd;
  switch (message) {
    case Protocol::kMldv2Query:
      type = LayerType::kMldv2Query;
      outcome = CheckQuery(data);
      break;
    case Protocol::kMldv2Report:
      type = LayerType::kMldv2Report;
      outcome = CheckReport(data);
      break;
    default:
      if (message == Protocol::kMldv1Report) type = LayerType::kMldv1Report;
      if (message == Protocol::kMldv1Done) type = LayerType::kMldv1Done;
      if (!data.Has(20)) outcome = Protocol::kBad;
  }
  if (outcome != Protocol::kEnd) return {outcome, {}};
  stack.Add(type, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
