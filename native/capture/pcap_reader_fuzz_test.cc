// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: a capture file in pieces whose sizes the first byte chooses. Whatever the pieces, the
// records are the same.
#include <algorithm>
#include <cstdlib>

#include "capture/pcap_reader.h"

using skydive::capture::PcapReader;
using skydive::capture::Record;

namespace {

struct Outcome {
  uint64_t records = 0;
  uint64_t sum = 0;
  bool sound = true;
};

Outcome Read(std::span<const uint8_t> bytes, size_t piece) {
  PcapReader reader;
  Outcome outcome;
  const auto sink = [&outcome](std::span<const Record> records) {
    for (const Record& record : records) {
      ++outcome.records;
      outcome.sum = outcome.sum * 31 + uint64_t(record.time_ns) + record.wire + record.link_type;
      for (uint32_t i = 0; i < record.captured; ++i) outcome.sum = outcome.sum * 31 + record.data[i];
    }
  };
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
    if (!reader.Feed(bytes.first(std::min(piece, bytes.size())), sink)) break;
  }
  outcome.sound = reader.Finish();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::span<const uint8_t> file(data + 1, size - 1);
  const Outcome whole = Read(file, file.size() + 1);
  const Outcome parts = Read(file, 1 + data[0]);
  if (whole.records != parts.records || whole.sum != parts.sum || whole.sound != parts.sound) std::abort();
  return 0;
}
