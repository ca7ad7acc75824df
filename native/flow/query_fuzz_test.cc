// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: a search query as an analyzer sends it, run over a small table.
#include <cstdlib>

#include "flow/protobuf_reader.h"
#include "flow/query.h"
#include "flow/test_frames.h"

using namespace skydive::flow;

namespace {

const Table& SmallTable() {
  static const skydive::layers::UdpPorts ports;
  static const Table* table = [] {
    Options options;
    options.node_tid = "tid";
    options.tcp_metric = true;
    auto* made = new Table(options, ports);
    for (uint16_t port = 1; port < 20; ++port) {
      test::Feed(*made, test::Frame(1, port, 17, test::Udp(port, 53)), test::kStartMs + port);
      test::Feed(*made, test::Frame(port, 1, 6, test::Tcp(80, port, test::kSyn)), test::kStartMs + port);
    }
    return made;
  }();
  return *table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::optional<Search> search = ParseSearch({reinterpret_cast<const char*>(data), size});
  if (!search) return 0;
  const std::string flows = AnswerSearch(*search, [](auto look) { return look(SmallTable()); });
  uint64_t count = 0;
  ProtobufReader set(flows);
  while (set.Next()) count += set.IsBytes(1);
  if (!set.ok() || count > SmallTable().stats().flow_count) std::abort();
  if (search->to < search->from && count > 0) std::abort();
  return 0;
}
