// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: datagrams of NetFlow and IPFIX, each preceded by its length, read by one reader.
#include <cstdlib>

#include "capture/netflow_reader.h"

using skydive::capture::ExportedFlow;
using skydive::capture::NetflowReader;
using skydive::layers::Cursor;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  NetflowReader reader;
  uint64_t flows = 0;
  const auto sink = [&flows](const ExportedFlow& flow) {
    if (flow.address_bytes != 0 && flow.address_bytes != 4 && flow.address_bytes != 16) std::abort();
    ++flows;
  };
  for (Cursor rest(data, size); rest.Has(2);) {
    const Cursor datagram = rest.From(2).First(rest.U16(0));
    std::string why;
    const bool whole = reader.Read(datagram, "exporter", 1500000000000, sink, why);
    if (whole != why.empty()) std::abort();
    rest = rest.From(2 + datagram.size());
  }
  if (reader.stats().flows != flows) std::abort();
  return 0;
}
