// SPDX-License-Identifier: Apache-2.0
#include "flow/store/store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "flow/flow_field.h"
#include "flow/flow_json.h"
#include "flow/store/search.h"
#include "flow/store/test_store.h"

namespace skydive::flow::store {
namespace {

using namespace test;

std::string Items(Store& store, FoundItems::What what, const std::string& filter = {},
                  const Bounds& bounds = {}) {
  const FoundItems found(store.Windows(), what, *ParseFilter(filter), bounds, kNever);
  std::string text;
  EXPECT_EQ(found.Encode(0, SIZE_MAX / 2, text), found.count());
  return text;
}

TEST(Store, AFlowIsItsLatestState) {
  const Folder folder;
  Store store(OptionsFor(folder, 2));
  TestFlow flow;
  flow.dns_response = "No Error";
  flow.tcp_metric = true;
  TestFlow other;
  other.uuid = "not-hexadecimal";
  other.icmp = true;
  other.parent = "1";
  Keep(store, {flow, other});
  EXPECT_EQ(Flows(store), (std::vector{JsonOf(flow), JsonOf(other)}));
  flow.last = 3000;
  flow.packets = 77;
  flow.update_start = 2000;
  flow.update_last = 3000;
  flow.dns_response = "Query Refused";
  flow.finish = 2;
  Keep(store, {flow});
  EXPECT_EQ(Flows(store), (std::vector{JsonOf(other), JsonOf(flow)}));
  EXPECT_EQ(store.Status().flows, 2u);
  // What a flow was is not found any more.
  SearchOptions was;
  was.filter = Member(1, "DNS.ResponseCode", "No Error");
  EXPECT_EQ(Flows(store, was), std::vector<std::string>());
  EXPECT_EQ(Items(store, FoundItems::What::kMetrics, Term("UUID", "1")),
            R"([["1",[{"ABPackets":1,"ABBytes":54,"BAPackets":0,"BABytes":0,"Start":1000,"Last":2000},)"
            R"({"ABPackets":1,"ABBytes":54,"BAPackets":0,"BABytes":0,"Start":2000,"Last":3000}]]])");
}

TEST(Store, KeepsPacketsOfFlows) {
  const Folder folder;
  Store store(OptionsFor(folder, 1));
  TestFlow flow;
  flow.raw_packets = {{1000, 1, "ab"}, {1500, 2, "c"}};
  Keep(store, {flow});
  flow.raw_packets = {{2500, 3, ""}};
  flow.update_start = 2000;
  Keep(store, {flow});
  EXPECT_EQ(
      Items(store, FoundItems::What::kPackets),
      R"([["1",[{"Timestamp":1000,"Index":1,"Data":"YWI=","LinkType":1},)"
      R"({"Timestamp":1500,"Index":2,"Data":"Yw==","LinkType":1},{"Timestamp":2500,"Index":3,"LinkType":1}]]])");
  EXPECT_EQ(Items(store, FoundItems::What::kPackets, {}, {1001, 2499, SIZE_MAX}),
            R"([["1",[{"Timestamp":1500,"Index":2,"Data":"Yw==","LinkType":1}]]])");
}

struct Known {
  TestFlow flow;
  std::vector<TestFlow> updates;
};

std::vector<std::string> Sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

class Random : public testing::TestWithParam<uint32_t> {};

TEST_P(Random, SearchesAgreeWithAnEvaluationOfEachFlow) {
  std::mt19937 random(GetParam());
  const auto pick = [&random](uint32_t below) { return random() % below; };
  const Folder folder;
  std::map<std::string, Known> known;
  const uint32_t window = 1 + pick(60);
  auto store = std::make_unique<Store>(OptionsFor(folder, window));
  for (int round = 0; round < 30; ++round) {
    std::vector<TestFlow> batch;
    for (uint32_t i = 1 + pick(40); i > 0; --i) {
      TestFlow flow = RandomFlow(random, pick(150));
      const auto before = known.find(flow.uuid);
      const bool first = before == known.end();
      flow.update = first || pick(10) != 0;
      flow.update_start = first ? flow.start : before->second.flow.last + 1;
      flow.last = std::max(flow.last, flow.update_start);
      flow.update_last = flow.last;
      flow.update_packets = pick(100);
      Known& entry = known[flow.uuid];
      entry.flow = flow;
      if (flow.update) entry.updates.push_back(flow);
      batch.push_back(flow);
    }
    Keep(*store, batch);
    if (pick(10) == 0) {
      store.reset();
      store = std::make_unique<Store>(OptionsFor(folder, window));
    }
  }
  EXPECT_EQ(store->Status().flows, known.size());
  for (int query = 0; query < 60; ++query) {
    const std::string filter = pick(8) ? RandomFilter(random) : std::string();
    const std::optional<Filter> parsed = ParseFilter(filter);
    ASSERT_TRUE(parsed);
    Bounds bounds;
    if (pick(2)) bounds = {int64_t(10000 + pick(3000)), int64_t(10000 + pick(8000)), SIZE_MAX};
    std::vector<std::string> wanted;
    std::map<std::string, std::vector<std::string>> records;
    std::vector<std::pair<int64_t, std::string>> by_port;
    for (const auto& [uuid, entry] : known) {
      const std::string bytes = entry.flow.Bytes();
      FlowView view;
      ASSERT_TRUE(ReadFlow(bytes, view));
      if (!FlowMatches(*parsed, view)) continue;
      for (const TestFlow& update : entry.updates) {
        if (update.update_start < bounds.from_ms || update.update_last > bounds.to_ms) continue;
        const std::string text = update.Bytes();
        FlowView state;
        ASSERT_TRUE(ReadFlow(text, state));
        AppendJson(state.last_update, records[uuid].emplace_back());
      }
      if (view.start_ms > bounds.to_ms || view.last_ms < bounds.from_ms) continue;
      wanted.push_back(JsonOf(entry.flow));
      by_port.emplace_back(view.transport.present ? view.transport.a : 0, uuid);
    }
    SearchOptions options;
    options.filter = filter;
    EXPECT_EQ(Sorted(Flows(*store, options, bounds)), Sorted(wanted)) << "seed " << GetParam();

    // In order, the first few.
    options.sort = true;
    options.sort_by = "Transport.A";
    options.order = uint8_t(1 + pick(2));
    options.range = true;
    options.to = 1 + pick(20);
    std::sort(by_port.begin(), by_port.end());
    if (options.order == 2) std::reverse(by_port.begin(), by_port.end());
    std::vector<int64_t> ports;
    for (const std::string& flow : Flows(*store, options, bounds)) {
      const size_t at = flow.find(R"("Transport":{"Protocol":"TCP","A":)");
      ports.push_back(at == std::string::npos ? 0 : std::stoll(flow.substr(at + 34)));
    }
    by_port.resize(std::min(by_port.size(), size_t(options.to)));
    std::vector<int64_t> first_ports;
    for (const auto& [port, uuid] : by_port) first_ports.push_back(port);
    EXPECT_EQ(ports, first_ports) << "seed " << GetParam();

    // One of each tracking identifier.
    SearchOptions distinct;
    distinct.filter = filter;
    distinct.dedup = true;
    std::set<std::string> trackings;
    for (const std::string& flow : wanted) {
      const size_t at = flow.find("\"TrackingID\":\"");
      trackings.insert(at == std::string::npos ? ""
                                               : flow.substr(at + 14, flow.find('"', at + 14) - at - 14));
    }
    EXPECT_EQ(Flows(*store, distinct, bounds).size(), trackings.size()) << "seed " << GetParam();

    std::vector<std::string> groups;
    for (const auto& [uuid, list] : records) {
      std::string group = "[\"" + uuid + "\",[";
      for (size_t i = 0; i < list.size(); ++i) group += (i > 0 ? "," : "") + list[i];
      groups.push_back(group + "]]");
    }
    const FoundItems found(store->Windows(), FoundItems::What::kMetrics, *parsed, bounds, kNever);
    std::string text;
    found.Encode(0, SIZE_MAX / 2, text);
    // Groups are in any order.
    std::vector<std::string> got;
    for (size_t at = 1; at + 1 < text.size();) {
      const size_t end = text.find("]]", at) + 2;
      got.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    EXPECT_EQ(Sorted(got), Sorted(groups)) << "seed " << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random, testing::Range(1u, 13u));

TEST(Store, ATornTailIsCutAndWhatIsBeforeItStays) {
  for (const size_t cut : {1, 31, 32, 33, 100, 400}) {
    const Folder folder;
    TestFlow flow;
    {
      Store store(OptionsFor(folder));
      for (int i = 1; i <= 10; ++i) {
        flow.uuid = std::to_string(i);
        Keep(store, {flow});
      }
    }
    const std::string log = folder.Names(".log").at(0);
    std::filesystem::resize_file(log, std::filesystem::file_size(log) - cut);
    Store store(OptionsFor(folder));
    const size_t left = Flows(store).size();
    EXPECT_EQ(left, cut <= 200 ? 9u : 8u) << cut;
    EXPECT_GT(store.Status().cut, 0u);
    flow.uuid = "10";
    Keep(store, {flow});
    EXPECT_EQ(Flows(store).size(), left + 1);
  }
}

TEST(Store, ABlockWithAWrongByteEndsTheLog) {
  const Folder folder;
  {
    Store store(OptionsFor(folder));
    for (int i = 1; i <= 3; ++i) {
      TestFlow flow;
      flow.uuid = std::to_string(i);
      Keep(store, {flow});
    }
  }
  const std::string log = folder.Names(".log").at(0);
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(std::streamoff(std::filesystem::file_size(log) / 3 + 50));
  file.put('\xff');
  file.close();
  Store store(OptionsFor(folder));
  EXPECT_EQ(Flows(store).size(), 1u);
}

TEST(Store, ADamagedSegmentIsSetAside) {
  const Folder folder;
  {
    Store store(OptionsFor(folder, 1));
    for (int i = 1; i <= 4; ++i) {
      TestFlow flow;
      flow.uuid = std::to_string(i);
      Keep(store, {flow});
    }
    while (folder.Names(".segment").size() < 3) usleep(1000);
  }
  const std::vector<std::string> segments = folder.Names(".segment");
  ASSERT_EQ(segments.size(), 3u);
  // One in its head, one in a column.
  for (const auto& [path, at] : {std::pair(segments[0], 9), std::pair(segments[1], 3500)}) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const char byte = char(file.get());
    file.seekp(at);
    file.put(char(byte ^ 0x55));
  }
  std::filesystem::resize_file(segments[2], 100);
  Store store(OptionsFor(folder, 1));
  EXPECT_EQ(Flows(store).size(), 1u);
  EXPECT_EQ(store.Status().damaged, 3u);
  EXPECT_EQ(store.TakeComplaints().size(), 3u);
  EXPECT_EQ(folder.Names(".damaged").size(), 3u);
}

TEST(Store, IsOneProcessAlone) {
  const Folder folder;
  Store store(OptionsFor(folder));
  EXPECT_THROW(Store(OptionsFor(folder)), std::runtime_error);
}

TEST(Store, RetentionDropsTheOldestWindows) {
  const Folder folder;
  int64_t now = 1'000'000;
  StoreOptions options = OptionsFor(folder, 10);
  options.now_ms = [&now] { return now; };
  options.max_age_ms = 50'000;
  Store store(options);
  for (int i = 1; i <= 100; ++i) {
    TestFlow flow;
    flow.uuid = std::to_string(i);
    now += 1000;
    Keep(store, {flow});
  }
  while (folder.Names(".log").size() > 1) usleep(1000);
  store.Retain();
  // A window stays until its youngest flow is too old.
  EXPECT_EQ(folder.Names(".segment").size(), 5u);
  EXPECT_EQ(Flows(store).size(), 60u);
  EXPECT_EQ(store.Status().flows, 60u);
  EXPECT_EQ(store.Status().expired, 4u);
  now += 1'000'000;
  store.Retain();
  EXPECT_EQ(Flows(store).size(), 10u);
}

TEST(Store, RetentionBySizeKeepsTheYoungest) {
  const Folder folder;
  StoreOptions options = OptionsFor(folder, 10);
  options.max_bytes = 40'000;
  Store store(options);
  for (int i = 1; i <= 300; ++i) {
    TestFlow flow;
    flow.uuid = std::to_string(i);
    Keep(store, {flow});
  }
  while (folder.Names(".log").size() > 1) usleep(1000);
  store.Retain();
  EXPECT_LE(store.Status().bytes, options.max_bytes);
  SearchOptions youngest;
  youngest.filter = Term("UUID", "300");
  EXPECT_EQ(Flows(store, youngest).size(), 1u);
}

// Runs in a child, which ends by itself or is killed.
template <typename Run>
pid_t Child(Run run) {
  const pid_t child = fork();
  if (child == 0) {
    run();
    _exit(0);
  }
  return child;
}

TEST(Store, AfterKill9WhatWasKeptIsThere) {
  const Folder folder;
  std::mt19937 random(7);
  uint32_t first = 1;
  for (int round = 0; round < 25; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = Child([&] {
      close(ends[0]);
      Store store(OptionsFor(folder, 300));
      for (uint32_t i = first;; ++i) {
        TestFlow flow;
        flow.uuid = std::to_string(i);
        Keep(store, {flow});
        if (write(ends[1], &i, sizeof i) != sizeof i) return;
      }
    });
    close(ends[1]);
    usleep(useconds_t(2000 + random() % 40000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    uint32_t last = first - 1, told;
    while (read(ends[0], &told, sizeof told) == ssize_t(sizeof told)) last = told;
    close(ends[0]);
    Store store(OptionsFor(folder, 300));
    // What was told is there once; one more may be, whose telling was cut off.
    const size_t count = Flows(store).size();
    ASSERT_GE(count, last) << "round " << round;
    ASSERT_LE(count, last + 1) << "round " << round;
    ASSERT_EQ(store.Status().flows, count);
    first = uint32_t(count) + 1;
  }
  EXPECT_GT(first, 300u) << "windows were closed on the way";
}

TEST(Store, WhileNothingCanBeWrittenFlowsAreCountedAsLostAndLaterOnesKept) {
  const Folder folder;
  const pid_t child = Child([&] {
    signal(SIGXFSZ, SIG_IGN);
    Store store(OptionsFor(folder, 50));
    TestFlow flow;
    const auto put = [&](uint32_t from, uint32_t to) {
      for (uint32_t i = from; i <= to; ++i) {
        flow.uuid = std::to_string(i);
        Keep(store, {flow});
      }
    };
    put(1, 10);
    rlimit limit{4096, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    put(11, 400);
    const StoreStatus failing = store.Status();
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    put(401, 500);
    const StoreStatus status = store.Status();
    const bool told = failing.lost > 0 && failing.errors > 0 &&
                      failing.last_error.find("File too large") != std::string::npos;
    const bool whole = status.updates + status.lost == 500 && Flows(store).size() == status.updates;
    SearchOptions after;
    after.filter = Term("UUID", "500");
    _exit(told && whole && Flows(store, after).size() == 1 ? 0 : 1);
  });
  int status;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  Store store(OptionsFor(folder, 50));
  EXPECT_GT(Flows(store).size(), 100u);
}

}  // namespace
}  // namespace skydive::flow::store
