// SPDX-License-Identifier: Apache-2.0
// Stores for tests, and questions to them.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "flow/flow_json.h"
#include "flow/store/search.h"
#include "flow/store/store.h"
#include "flow/store/test_flows.h"
#include "flow/test_filters.h"

namespace skydive::flow::store::test {

using namespace flow::test;

inline const Cancelled kNever = false;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/skydive-store-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

  std::vector<std::string> Names(const std::string& kind) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (entry.path().string().ends_with(kind)) names.push_back(entry.path().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

inline StoreOptions OptionsFor(const Folder& folder, uint32_t flows = 65536) {
  StoreOptions options;
  options.folder = folder.path();
  options.window_flows = flows;
  options.now_ms = [] { return int64_t{1'700'000'000'000}; };
  return options;
}

inline void Keep(Store& store, const std::vector<TestFlow>& flows) {
  std::vector<std::string> texts;
  for (const TestFlow& flow : flows) texts.push_back(flow.Bytes());
  std::vector<FlowView> views(texts.size());
  std::vector<std::string_view> bytes;
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_TRUE(ReadFlow(texts[i], views[i]));
    bytes.push_back(texts[i]);
  }
  store.Keep(views, bytes);
}

inline std::string JsonOf(const TestFlow& flow) {
  const std::string bytes = flow.Bytes();
  FlowView view;
  EXPECT_TRUE(ReadFlow(bytes, view));
  std::string json;
  AppendJson(view, json);
  return json;
}

// The flows of an answer, one text each; taken in pieces.
inline std::vector<std::string> Flows(Store& store, const SearchOptions& options = {},
                                      const Bounds& bounds = {}) {
  const std::optional<Search> search = ParseSearch(SearchBytes(options));
  EXPECT_TRUE(search);
  const FoundFlows found(store.Windows(), *search, bounds, kNever);
  std::vector<std::string> flows;
  for (size_t next = 0; next < found.count();) {
    std::string piece;
    const size_t before = next;
    next = found.Encode(next, 1, piece);
    EXPECT_EQ(next, before + 1);
    flows.push_back(piece.substr(1, piece.size() - 2));
  }
  return flows;
}

// Filters over what the random flows have, of every kind.
inline std::string RandomFilter(std::mt19937& random, int depth = 0) {
  const auto pick = [&random](uint32_t below) { return random() % below; };
  if (depth < 3 && pick(3) == 0) {
    std::vector<std::string> members;
    for (uint32_t i = pick(4); i > 0; --i) members.push_back(RandomFilter(random, depth + 1));
    return Bool(BoolOp(pick(3)), members);
  }
  static const std::vector<std::string> texts = {
      "UUID",       "LayersPath",       "Application",   "TrackingID",   "L3TrackingID",
      "ParentUUID", "NodeTID",          "CaptureID",     "Network.A",    "Network.B",
      "Link.A",     "Link.B",           "Link.Protocol", "TCP.Protocol", "Network.Protocol",
      "ICMP.Type",  "DNS.ResponseCode", "Nothing",       "Metric"};
  static const std::vector<std::string> values = {"TCP",
                                                  "DNS",
                                                  "",
                                                  "abc",
                                                  "0abc",
                                                  "odd-5",
                                                  "3",
                                                  "node1",
                                                  "10.0.1.3",
                                                  "02:00:00:00:00:01",
                                                  "ETHERNET",
                                                  "ECHO",
                                                  "14",
                                                  "No Error",
                                                  "capture",
                                                  "fd00::1",
                                                  "ffffffffffffffff"};
  static const std::vector<std::string> numbers = {"Start",
                                                   "Last",
                                                   "Link.ID",
                                                   "Network.ID",
                                                   "Transport.A",
                                                   "Transport.B",
                                                   "ICMP.Code",
                                                   "Metric.ABPackets",
                                                   "Metric.ABBytes",
                                                   "Metric.Last",
                                                   "Metric.Start",
                                                   "LastUpdateMetric.ABPackets",
                                                   "LastUpdateMetric.Last",
                                                   "TCPMetric.ABSynStart",
                                                   "IPMetric.Fragments",
                                                   "DNS.ID",
                                                   "Application"};
  const std::string text = texts[pick(uint32_t(texts.size()))];
  const std::string number = numbers[pick(uint32_t(numbers.size()))];
  const int64_t limits[] = {0, 1, -1, 80, 1005, 1010, 12000, 15000, int64_t(random()), INT64_MAX, INT64_MIN};
  const int64_t limit = limits[pick(std::size(limits))];
  switch (pick(6)) {
    case 0:
      return Term(text, values[pick(uint32_t(values.size()))]);
    case 1:
      return Equal(number, limit);
    case 2:
      return Compare(CompareMember(4 + pick(4)), number, limit);
    case 3:
      return Regex(text, std::vector<std::string>{"^T", "1", "^$", "node[12]", "o"}[pick(5)]);
    case 4:
      return Null(pick(2) ? text : number);
    default:
      return Ipv4Range(text, std::vector<std::string>{"10.0.1.0/24", "10.0.0.0/8", "10.1.0.4/30"}[pick(3)]);
  }
}

}  // namespace skydive::flow::store::test
