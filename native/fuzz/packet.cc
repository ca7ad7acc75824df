// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: one packet, or a train of them, to flows. The first bytes choose link type and options.
#include <cstdlib>

#include "flow/encode.h"
#include "flow/table.h"
#include "layers/decode.h"

using namespace skydive;

namespace {

constexpr uint32_t kLinkTypes[] = {1, 1, 1, 0, 9, 12, 101, 108, 113, 228, 229};

struct Discard : flow::FlowSink {
  void Flows(const flow::Table& table, std::span<const uint32_t> places) override {
    std::string text;
    flow::EncodeMessage(table, places, text);
    for (const uint32_t place : places) flow::EncodeJson(table, place, text);
    if (text.empty()) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const layers::Cursor input(data, size);
  if (!input.Has(4)) return 0;
  flow::Options options;
  options.mode = (input.U8(0) & 1) != 0 ? flow::LayerKeyMode::kL3 : flow::LayerKeyMode::kL2;
  options.tcp_metric = (input.U8(0) & 2) != 0;
  options.reassemble_tcp = (input.U8(0) & 4) != 0;
  options.defragment = (input.U8(0) & 8) != 0;
  options.extra_layers = (input.U8(0) & 16) != 0 ? 7 : 0;
  options.raw_packet_limit = (input.U8(0) & 32) != 0 ? 2 : 0;
  options.ordered = (input.U8(0) & 64) != 0;
  options.max_entries = 1 + input.U8(2);
  layers::UdpPorts ports;
  if ((input.U8(0) & 128) != 0) ports.AddMpls(51234);
  const layers::Protocol first = layers::FirstOfLinkType(kLinkTypes[input.U8(1) % std::size(kLinkTypes)]);
  flow::Table table(options, ports);
  Discard sink;
  int64_t time_ns = 1500000000000000000;
  // Each packet: its length in two bytes, how its wire length differs, and its bytes.
  for (layers::Cursor rest = input.From(3); rest.Has(3);) {
    const layers::Cursor bytes = rest.From(3).First(rest.U16(0));
    const flow::Packet packet{bytes, time_ns, uint32_t(bytes.size()) + rest.U8(2), 0, first};
    table.Process({&packet, 1});
    // Batches take another way than single packets.
    const flow::Packet twice[] = {packet, packet};
    table.Process(twice);
    time_ns += 700000000;
    rest = rest.From(3 + bytes.size());
    if (rest.U8(2) == 77) table.Update(flow::MillisOf(time_ns), sink);
    if (rest.U8(2) == 78) table.Expire(flow::MillisOf(time_ns), sink);
    if (rest.U8(2) == 79) table.Maintain(time_ns - 1000000000);
  }
  for (const uint32_t place : table.Places()) {
    if (!table.options().ordered && table.hot(place).counters.ab_packets < 0) std::abort();
  }
  table.Update(flow::MillisOf(time_ns), sink);
  table.Stop(sink, true);
  if (table.stats().flow_count != 0) std::abort();
  return 0;
}
