// SPDX-License-Identifier: Apache-2.0
#include "layers/protocols.h"

namespace skydive::layers {

namespace {

// Reads 32-bit words; running out is remembered.
class Words {
 public:
  explicit Words(Cursor data) : data_(data) {}
  uint32_t Next() {
    const uint32_t value = data_.U32(0);
    Skip(4);
    return value;
  }
  uint32_t Peek(size_t at) const { return data_.U32(at); }
  void Skip(size_t bytes) {
    overrun_ = overrun_ || !data_.Has(bytes);
    data_ = data_.From(bytes);
  }
  bool overrun() const { return overrun_; }

 private:
  Cursor data_;
  bool overrun_ = false;
};

constexpr size_t RoundUp4(size_t value) { return (value + 3) & ~size_t{3}; }

bool IsFlowRecord(uint32_t type) {
  return (type >= 1 && type <= 4) || (type >= 1001 && type <= 1005) || (type >= 1021 && type <= 1030);
}

bool IsCounterRecord(uint32_t type) {
  return type == 1 || type == 2 || type == 5 || type == 7 || type == 1001 || type == 1004 || type == 1005 ||
         type == 2203 || type == 2207;
}

Protocol CheckSample(Words& words) {
  const uint32_t kind = words.Next() & 0xfff;
  if (kind < 1 || kind > 4) return Protocol::kBad;
  const bool expanded = kind >= 3;
  const bool counters = kind % 2 == 0;
  words.Skip(8 + (expanded ? 8 : 4));
  if (!counters) words.Skip(12 + (expanded ? 16 : 8));
  for (uint32_t records = words.Next(); records > 0 && !words.overrun(); --records) {
    const uint32_t format = words.Next();
    const bool known =
        counters ? IsCounterRecord(format & 0xfff) : (format >> 12 != 0 || IsFlowRecord(format & 0xfff));
    if (!known) return words.overrun() ? Protocol::kOverrun : Protocol::kBad;
    const uint32_t length = words.Next();
    words.Skip(RoundUp4(length));
  }
  return words.overrun() ? Protocol::kOverrun : Protocol::kEnd;
}

Protocol Check(Cursor data) {
  Words words(data);
  words.Next();
  switch (words.Next()) {
    case 1:
      words.Skip(4);
      break;
    case 2:
      words.Skip(16);
      break;
    default:
      break;
  }
  words.Skip(12);
  uint32_t samples = words.Next();
  if (words.overrun()) return Protocol::kOverrun;
  if (samples < 1) return Protocol::kBad;
  for (; samples > 0; --samples) {
    if (const Protocol outcome = CheckSample(words); outcome != Protocol::kEnd) return outcome;
  }
  return Protocol::kEnd;
}

}  // namespace

// sFlow version 5 datagram (https://sflow.org/sflow_version_5.txt), listed when its records fit.
Step DecodeSflow(Stack& stack, Cursor data) {
  if (const Protocol outcome = Check(data); outcome != Protocol::kEnd) return {outcome, {}};
  stack.Add(LayerType::kSflow, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
