// SPDX-License-Identifier: Apache-2.0
#include "flow/store/aggregate.h"

#include <gtest/gtest.h>

#include "flow/flow_field.h"
#include "flow/store/field_columns.h"
#include "flow/store/test_store.h"

namespace skydive::flow::store {
namespace {

using namespace test;

// Flows that come again and again over many windows.
void Fill(Store& store, std::mt19937& random) {
  for (int round = 0; round < 25; ++round) {
    std::vector<TestFlow> batch;
    for (uint32_t i = 1 + random() % 40; i > 0; --i) batch.push_back(RandomFlow(random, random() % 150));
    Keep(store, batch);
  }
}

SearchOptions RandomSearch(std::mt19937& random) {
  SearchOptions options;
  if (random() % 4 != 0) options.filter = RandomFilter(random);
  if (random() % 3 == 0) {
    options.range = true;
    options.to = random() % 60;
  }
  if (random() % 3 == 0) {
    options.sort = true;
    options.sort_by = random() % 2 ? "Transport.A" : "Network.A";
    options.order = uint8_t(1 + random() % 2);
  }
  if (random() % 3 == 0) {
    options.dedup = true;
    options.dedup_by =
        std::vector<std::string>{"TrackingID", "Network.A", "Transport.A", "ICMP.Type"}[random() % 4];
  }
  return options;
}

class Aggregates : public testing::TestWithParam<uint32_t> {};

TEST_P(Aggregates, AgreeWithTheFlowsThemselves) {
  std::mt19937 random(GetParam());
  const Folder folder;
  Store store(OptionsFor(folder, 1 + random() % 60));
  Fill(store, random);
  const Field texts[] = {Field::kNodeTid,  Field::kLinkA,          Field::kLinkB,
                         Field::kUuid,     Field::kTrackingId,     Field::kTransportProtocol,
                         Field::kNetworkA, Field::kDnsResponseCode};
  const Field numbers[] = {Field::kMetricAbBytes, Field::kLastUpdateAbPackets, Field::kTcpAbSynStart,
                           Field::kStart};
  for (int query = 0; query < 40; ++query) {
    const std::optional<Search> search = ParseSearch(SearchBytes(RandomSearch(random)));
    ASSERT_TRUE(search);
    Bounds bounds;
    if (random() % 2) bounds = {int64_t(10000 + random() % 3000), int64_t(10000 + random() % 8000), SIZE_MAX};
    const FoundFlows found(store.Windows(), *search, bounds, kNever);
    EXPECT_EQ(CountFlows(store.Windows(), *search, bounds, kNever), found.count()) << "seed " << GetParam();

    const std::vector<FieldColumn> columns = ReadColumns(store.Windows(), *search, texts, bounds, kNever);
    for (size_t i = 0; i < std::size(texts); ++i) {
      ASSERT_EQ(columns[i].places().size(), found.count()) << "seed " << GetParam();
      size_t at = 0;
      found.Each([&](uint32_t, const Segment& segment, uint32_t row) {
        FlowView flow;
        RowText text;
        std::string scratch;
        segment.Row(row, flow, text);
        const auto wanted = TextOf(flow, texts[i], scratch);
        const uint32_t place = columns[i].places()[at++];
        ASSERT_EQ(place != FieldColumn::kNone, wanted.has_value()) << "seed " << GetParam();
        if (wanted) {
          EXPECT_EQ(columns[i].texts()[place], *wanted);
        }
      });
    }

    for (const Field field : numbers) {
      double sum = 0;
      bool lacks = false;
      found.Each([&](uint32_t, const Segment& segment, uint32_t row) {
        FlowView flow;
        RowText text;
        segment.Row(row, flow, text);
        const auto number = IntegerOf(flow, field);
        lacks = lacks || !number;
        sum += double(number.value_or(0));
      });
      const FieldSum got = SumFlows(store.Windows(), *search, field, bounds, kNever);
      EXPECT_EQ(!got.lacking.empty(), lacks) << "seed " << GetParam();
      if (!lacks) {
        EXPECT_EQ(got.sum, sum) << "seed " << GetParam();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Aggregates, testing::Range(1u, 13u));

TEST(Columns, GiveOneFlowMoreThanTheMost) {
  const Folder folder;
  Store store(OptionsFor(folder, 3));
  std::vector<TestFlow> flows(10);
  for (size_t i = 0; i < flows.size(); ++i) flows[i].uuid = std::to_string(i + 1);
  Keep(store, flows);
  const std::optional<Search> search = ParseSearch({});
  ASSERT_TRUE(search);
  const Field fields[] = {Field::kNodeTid};
  const auto count = [&](size_t most) {
    return ReadColumns(store.Windows(), *search, fields, {INT64_MIN, INT64_MAX, most}, kNever)[0]
        .places()
        .size();
  };
  EXPECT_EQ(count(4), 5u);
  EXPECT_EQ(count(9), 10u);
  EXPECT_EQ(count(10), 10u);
  EXPECT_EQ(CountFlows(store.Windows(), *search, {INT64_MIN, INT64_MAX, 4}, kNever), 10u);
}

}  // namespace
}  // namespace skydive::flow::store
