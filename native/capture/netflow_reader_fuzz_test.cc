// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: datagrams of NetFlow and IPFIX, each preceded by its length, read by one reader and made flows of.
#include <cstdlib>

#include "capture/exported_flows.h"
#include "capture/netflow_reader.h"
#include "flow/encode.h"

using skydive::capture::ExportedFlow;
using skydive::capture::ExportedFlows;
using skydive::capture::NetflowReader;
using skydive::layers::Cursor;

namespace {

constexpr int64_t kNowMs = 1500000000000;

struct Encoder : skydive::flow::FlowSink {
  void Flows(const skydive::flow::Table& table, std::span<const uint32_t> places) override {
    std::string text;
    for (const uint32_t place : places) skydive::flow::EncodeJson(table, place, text);
    skydive::flow::EncodeMessage(table, places, text);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  NetflowReader reader;
  skydive::flow::Options options;
  // So few that some have to make room.
  options.max_entries = 16;
  const skydive::layers::UdpPorts ports;
  skydive::flow::Table table(options, ports);
  ExportedFlows exported(table);
  skydive::kernel::UdpSource exporter;
  int64_t now_ms = kNowMs;
  uint64_t flows = 0;
  const auto sink = [&](const ExportedFlow& flow) {
    if (flow.address_bytes != 0 && flow.address_bytes != 4 && flow.address_bytes != 16) std::abort();
    exported.Count(flow, exporter, now_ms);
    ++flows;
  };
  Encoder encoder;
  for (Cursor rest(data, size); rest.Has(2);) {
    const Cursor datagram = rest.From(2).First(rest.U16(0));
    std::string why;
    const bool whole = reader.Read(datagram, exporter, now_ms, sink, why);
    if (whole != why.empty()) std::abort();
    exporter.port ^= 1;
    now_ms += 60000;
    table.Update(now_ms, encoder);
    table.Expire(now_ms, encoder);
    rest = rest.From(2 + datagram.size());
  }
  table.Stop(encoder);
  if (reader.stats().flows != flows) std::abort();
  return 0;
}
