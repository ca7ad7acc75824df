// SPDX-License-Identifier: Apache-2.0
#include "flow/query.h"

#include <gtest/gtest.h>

#include "flow/protobuf_reader.h"
#include "flow/test_filters.h"
#include "flow/test_frames.h"

namespace skydive::flow {
namespace {

using namespace test;

struct Answer {
  std::vector<uint64_t> ports;  // Transport.A of each flow
  uint64_t start_ms = 0;
  uint64_t end_ms = 0;
};

Answer Read(const std::string& bytes) {
  Answer answer;
  ProtobufReader set(bytes);
  while (set.Next()) {
    if (set.IsVarint(2)) answer.start_ms = set.number();
    if (set.IsVarint(3)) answer.end_ms = set.number();
    if (!set.IsBytes(1)) continue;
    ProtobufReader flow(set.bytes());
    while (flow.Next()) {
      if (!flow.IsBytes(22)) continue;
      ProtobufReader transport(flow.bytes());
      while (transport.Next()) {
        if (transport.IsVarint(2)) answer.ports.push_back(transport.number());
      }
    }
  }
  EXPECT_TRUE(set.ok());
  return answer;
}

// Flow with port p starts in second p; the order of use is 1003, 1001, 1002, 1004. Ports 1001 and 1003 carry
// two packets. 1001 and 1002 go from host 1 to host 2, the others from host 1 to host 3.
class Queries : public testing::Test {
 protected:
  Queries() : table_(Options(), ports_) {
    const auto feed = [this](uint16_t port, uint16_t to, int64_t second) {
      Feed(table_, Frame(1, to, 17, Udp(port, 53)), kStartMs + second * 1000);
    };
    feed(1001, 2, 1);
    feed(1002, 2, 2);
    feed(1003, 3, 3);
    feed(1003, 3, 4);
    feed(1001, 2, 5);
    feed(1002, 2, 6);
    feed(1004, 3, 7);
  }

  Answer Ask(const SearchOptions& options) {
    const std::optional<Search> search = ParseSearch(SearchBytes(options));
    EXPECT_TRUE(search);
    return Read(AnswerSearch(*search, [this](auto look) { return look(table_); }));
  }

  const layers::UdpPorts ports_;
  Table table_;
};

using Ports = std::vector<uint64_t>;

TEST_F(Queries, WithoutOrderTheLeastRecentlyUsedComesFirst) {
  EXPECT_EQ(Ask({}).ports, (Ports{1003, 1001, 1002, 1004}));
}

TEST_F(Queries, SetSpansItsFlows) {
  const Answer answer = Ask({.filter = Compare(kGt, "Start", kStartMs + 1500), .range = true, .to = 1});
  EXPECT_EQ(answer.ports, (Ports{1003}));
  // Of all that pass, whatever the range leaves.
  EXPECT_EQ(answer.start_ms, uint64_t(kStartMs + 2000));
  EXPECT_EQ(answer.end_ms, uint64_t(kStartMs + 7000));
  EXPECT_EQ(Ask({.filter = Term("UUID", "")}).start_ms, 0u);
}

TEST_F(Queries, AreSorted) {
  EXPECT_EQ(Ask({.sort = true, .order = 1}).ports, (Ports{1003, 1001, 1002, 1004}));
  EXPECT_EQ(Ask({.sort = true, .sort_by = "Start", .order = 1}).ports, (Ports{1001, 1002, 1003, 1004}));
  EXPECT_EQ(Ask({.sort = true, .sort_by = "Start", .order = 2}).ports, (Ports{1004, 1003, 1002, 1001}));
  EXPECT_EQ(Ask({.sort = true, .sort_by = "Start"}).ports, (Ports{1004, 1003, 1002, 1001}));
  EXPECT_EQ(Ask({.sort = true, .sort_by = "Network.B", .order = 1}).ports, (Ports{1001, 1002, 1003, 1004}));
  EXPECT_EQ(Ask({.sort = true, .sort_by = "Network.B", .order = 2}).ports, (Ports{1004, 1003, 1002, 1001}));
}

TEST_F(Queries, TiesKeepTheOrderOfUseAndDescendingReversesThem) {
  EXPECT_EQ(Ask({.sort = true, .sort_by = "Metric.ABPackets", .order = 1}).ports,
            (Ports{1004, 1003, 1001, 1002}));
  EXPECT_EQ(Ask({.sort = true, .sort_by = "Metric.ABPackets", .order = 2}).ports,
            (Ports{1002, 1001, 1003, 1004}));
  // No flow has the field: all are equal.
  EXPECT_EQ(Ask({.sort = true, .sort_by = "ICMP.Type", .order = 1}).ports, (Ports{1003, 1001, 1002, 1004}));
  EXPECT_EQ(Ask({.sort = true, .sort_by = "Nonsense", .order = 2}).ports, (Ports{1004, 1002, 1001, 1003}));
}

TEST_F(Queries, DedupKeepsTheFirstInOrder) {
  EXPECT_EQ(Ask({.dedup = true}).ports.size(), 4u);
  EXPECT_EQ(Ask({.dedup = true, .dedup_by = "Network.B"}).ports, (Ports{1003, 1001}));
  EXPECT_EQ(Ask({.sort = true, .dedup = true, .dedup_by = "Network.B", .sort_by = "Start", .order = 2}).ports,
            (Ports{1004, 1002}));
  EXPECT_EQ(
      Ask({.sort = true, .dedup = true, .dedup_by = "Transport.B", .sort_by = "Start", .order = 1}).ports,
      (Ports{1001}));
  // Flows that lack the field are no copies of each other.
  EXPECT_EQ(Ask({.dedup = true, .dedup_by = "ICMP.ID"}).ports.size(), 4u);
}

TEST_F(Queries, RangeCutsWhatIsSorted) {
  EXPECT_EQ(Ask({.range = true, .from = 1, .to = 3}).ports, (Ports{1001, 1002}));
  EXPECT_EQ(Ask({.range = true, .from = 3, .to = 100}).ports, (Ports{1004}));
  EXPECT_EQ(Ask({.range = true, .from = 5, .to = 6}).ports, Ports{});
  EXPECT_EQ(Ask({.range = true, .from = 3, .to = 1}).ports, Ports{});
  EXPECT_EQ(Ask({.range = true}).ports, Ports{});
  EXPECT_EQ(Ask({.range = true, .from = -5, .to = 1}).ports, (Ports{1003}));
  EXPECT_EQ(
      Ask({.range = true, .to = 1, .sort = true, .dedup = true, .dedup_by = "Network.B", .sort_by = "Start"})
          .ports,
      (Ports{1004}));
}

TEST_F(Queries, RangeOfAManyFlowsIsThatOfTheWholeOrder) {
  for (uint16_t port = 0; port < 9000; ++port) {
    Feed(table_, Frame(1, 4, 17, Udp(uint16_t(port * 7919 % 9000 + 2000), 53)), kStartMs + 10000 + port);
  }
  const SearchOptions whole{
      .filter = Term("Network.B", "10.0.0.4"), .sort = true, .sort_by = "Transport.A", .order = 1};
  SearchOptions part = whole;
  part.range = true;
  part.from = 3;
  part.to = 20;
  const Ports all = Ask(whole).ports;
  EXPECT_EQ(all.size(), 9000u);
  EXPECT_EQ(Ask(part).ports, Ports(all.begin() + 3, all.begin() + 20));
}

TEST_F(Queries, FlowsThatLeftMeanwhileAreLeftOut) {
  const std::optional<Search> search = ParseSearch("");
  TableSearch run(*search);
  EXPECT_FALSE(run.Look(table_, 100));
  run.Arrange();
  EXPECT_TRUE(run.Encode(table_, 1));
  Sent sent;
  table_.Stop(sent);
  Feed(table_, Frame(9, 8, 17, Udp(1, 2)), kStartMs + 9000);
  while (run.Encode(table_, 1)) {
  }
  EXPECT_EQ(Read(run.Take()).ports, (Ports{1003}));
}

TEST(Search, RefusesWhatIsMalformed) {
  EXPECT_TRUE(ParseSearch(""));
  EXPECT_FALSE(ParseSearch("\x0a\x05"));
  EXPECT_FALSE(ParseSearch("\x12\x02\x08\xff"));
  EXPECT_FALSE(ParseSearch(std::string(kMaxFilterBytes + 1, '\0')));
}

}  // namespace
}  // namespace skydive::flow
