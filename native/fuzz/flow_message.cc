// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: a message to the analyzer's intake, from there into a window, and its flows back from a
// segment.
#include <cstdlib>
#include <map>
#include <string>

#include "flow/flow_field.h"
#include "flow/flow_json.h"
#include "flow/intake.h"
#include "flow/store/identifier.h"
#include "flow/store/memory_window.h"
#include "flow/store/segment.h"
#include "flow/store/select.h"

using namespace skydive::flow;

namespace {

std::string JsonOf(const FlowView& flow) {
  std::string json;
  AppendJson(flow, json);
  return json;
}

// Keeps flows in a window, and what they look like.
class Window : public FlowKeeper {
 public:
  void Keep(std::span<const FlowView> flows, std::span<const std::string_view> bytes) override {
    for (size_t i = 0; i < flows.size(); ++i) {
      if (flows[i].uuid.empty()) continue;
      FlowView again;
      if (!ReadFlow(bytes[i], again) || JsonOf(again) != JsonOf(flows[i])) std::abort();
      bool odd;
      const uint64_t uuid = store::UuidKey(flows[i].uuid, odd);
      latest_[window_.Put(flows[i], uuid, odd).first] = JsonOf(flows[i]);
      packets_ += flows[i].raw_packets.size();
    }
  }

  void Check() const {
    const auto segment = store::Segment::FromBytes(window_.Encode());
    if (segment->rows() != latest_.size() || segment->packets() != packets_ || !segment->Sound())
      std::abort();
    std::string text;
    for (uint32_t i = 0; i < segment->packets(); ++i) AppendJson(segment->Packet(i), text);
    store::Bits all[std::size(kKinds)];
    Filter filters[std::size(kKinds)];
    for (size_t i = 0; i < std::size(kKinds); ++i) {
      filters[i].kind = kKinds[i].first;
      filters[i].field = kKinds[i].second;
      filters[i].text = "1";
      filters[i].number = 3;
      all[i] = store::Select(*segment, filters[i]);
    }
    FlowView flow;
    store::RowText row_text;
    for (const auto& [row, json] : latest_) {
      segment->Row(row, flow, row_text);
      if (JsonOf(flow) != json) std::abort();
      for (size_t i = 0; i < std::size(kKinds); ++i) {
        if (all[i][row] != FlowMatches(filters[i], flow)) std::abort();
      }
    }
  }

 private:
  static constexpr std::pair<Filter::Kind, Field> kKinds[] = {
      {Filter::Kind::kText, Field::kUuid},
      {Filter::Kind::kText, Field::kTrackingId},
      {Filter::Kind::kText, Field::kNetworkA},
      {Filter::Kind::kText, Field::kTransportProtocol},
      {Filter::Kind::kGreater, Field::kTransportA},
      {Filter::Kind::kLess, Field::kMetricLast},
      {Filter::Kind::kLess, Field::kLastUpdateStart},
      {Filter::Kind::kGreater, Field::kTcpAbSynStart},
      {Filter::Kind::kNull, Field::kDns},
      {Filter::Kind::kNull, Field::kLinkId}};

  store::MemoryWindow window_;
  std::map<uint32_t, std::string> latest_;
  size_t packets_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Window window;
  IntakeOptions options;
  options.max_flows = 50;
  options.bulk_flows = 7;
  options.bulk_delay_ms = 0;
  {
    Intake intake(options, &window, [] {});
    intake.Want(true);
    intake.Put(std::string_view(reinterpret_cast<const char*>(data), size));
    intake.Stop();
    const IntakeCounters counters = intake.counters();
    if (counters.handled != counters.flows || counters.messages != 1) std::abort();
    intake.Take();
  }
  window.Check();
  return 0;
}
