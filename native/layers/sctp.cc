// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

constexpr size_t RoundUp4(size_t value) { return (value + 3) & ~size_t{3}; }

// Parameters fill the bytes exactly, each padded to 4 (RFC 9260 3.2.1).
bool ParametersFit(Cursor data) {
  while (!data.empty()) {
    const size_t length = data.U16(2);
    if (!data.Has(4) || length < 4 || !data.Has(RoundUp4(length))) return false;
    data = data.From(RoundUp4(length));
  }
  return true;
}

// The selective acknowledgment's gap blocks and duplicates, each two or four bytes.
bool SackFits(Cursor data) {
  return data.Has(16) && data.Has(16 + data.U16(12) * size_t{2} + data.U16(14) * size_t{4});
}

struct Chunk {
  LayerType type;
  bool fits;
};

Chunk Describe(Cursor data, size_t length) {
  switch (data.U8(0)) {
    case 1:
    case 2: {
      const bool fits = RoundUp4(length) >= 20 && ParametersFit(data.First(RoundUp4(length)).From(20));
      return {data.U8(0) == 1 ? LayerType::kSctpInit : LayerType::kSctpInitAck, fits};
    }
    case 3:
      return {LayerType::kSctpSack, SackFits(data)};
    case 4:
      return {LayerType::kSctpHeartbeat, ParametersFit(data.First(length).From(4))};
    case 5:
      return {LayerType::kSctpHeartbeatAck, ParametersFit(data.First(length).From(4))};
    case 6:
      return {LayerType::kSctpAbort, ParametersFit(data.First(length).From(4))};
    case 7:
      return {LayerType::kSctpShutdown, data.Has(8)};
    case 8:
      return {LayerType::kSctpShutdownAck, true};
    case 9:
      return {LayerType::kSctpError, ParametersFit(data.First(length).From(4))};
    case 10:
      return {LayerType::kSctpCookieEcho, true};
    case 11:
      return {LayerType::kSctpCookieAck, true};
    case 14:
      return {LayerType::kSctpShutdownComplete, true};
    default:
      return {LayerType::kNone, false};
  }
}

}  // namespace

Step DecodeSctp(Stack& stack, Cursor data) {
  if (!data.Has(12)) {
    stack.Add(LayerType::kSctp, data.First(0), 0).readable = false;
    stack.SetTransport();
    return kBadStep;
  }
  const Layer& layer = stack.Add(LayerType::kSctp, data, 12);
  stack.SetTransport();
  return {Protocol::kSctpChunk, layer.Payload()};
}

Step DecodeSctpChunk(Stack& stack, Cursor data) {
  const uint8_t kind = data.U8(0);
  if (kind > 14 || kind == 12 || kind == 13) return kBadStep;
  if (!data.Has(4)) return kOverrunStep;
  const size_t length = data.U16(2);
  if (length < 4) return kBadStep;
  if (kind == 0) {
    const size_t padding = RoundUp4(length) - length;
    if (!data.Has(16 + padding)) return kOverrunStep;
    const Layer& layer = stack.Add(LayerType::kSctpData, data.First(data.size() - padding), 16);
    return {Protocol::kPayload, layer.Payload()};
  }
  if (!data.Has(RoundUp4(length))) return kOverrunStep;
  const Chunk chunk = Describe(data, length);
  if (!chunk.fits) return kOverrunStep;
  const Layer& layer = stack.Add(chunk.type, data, RoundUp4(length));
  return {Protocol::kSctpChunk, layer.Payload()};
}

}  // namespace skydive::layers
