// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: a datagram of sFlow; the packets in it are made flows of.
#include <cstdlib>

#include "capture/sflow_reader.h"
#include "flow/table.h"

using namespace skydive;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  flow::Options options;
  options.max_entries = 16;
  const layers::UdpPorts ports;
  flow::Table table(options, ports);
  uint64_t names = 0;
  const capture::SflowSink sink{
      [&names](const capture::SflowHead& head) { names += head.part; },
      [&table](const capture::SflowPacket& sampled) {
        const flow::Packet packet{sampled.data, 1500000000000000000, sampled.length, sampled.length, sampled.first};
        table.Process({&packet, 1});
      },
      [&names](const capture::SflowCounters& counters) {
        for (const auto& [name, value] : counters.values) names += name[0] + value;
      },
  };
  std::string why;
  const bool whole = capture::ReadSflow({data, size}, sink, why);
  if (whole != why.empty()) std::abort();
  return 0;
}
