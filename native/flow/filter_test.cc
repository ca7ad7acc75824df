// SPDX-License-Identifier: Apache-2.0
#include "flow/filter.h"

#include <gtest/gtest.h>

#include <random>

#include "flow/query.h"
#include "flow/table_fields.h"
#include "flow/test_filters.h"
#include "flow/test_frames.h"

namespace skydive::flow {
namespace {

using namespace test;

// One flow of every kind of layer that the table of fields names.
class Fields : public testing::Test {
 protected:
  Fields() : table_(TableOptions(), ports_) {
    Feed(table_, Frame(1, 2, 6, Tcp(1000, 80, kSyn)), kStartMs);
    Feed(table_, Frame(2, 1, 6, Tcp(80, 1000, kSyn | kAck)), kStartMs + 5);
    place_ = table_.Places().at(0);
  }

  static Options TableOptions() {
    Options options;
    options.node_tid = "tid-1";
    options.capture_id = "cap-1";
    options.tcp_metric = true;
    return options;
  }

  bool Passes(const std::string& filter) {
    const std::optional<Filter> parsed = ParseFilter(filter);
    EXPECT_TRUE(parsed);
    return parsed && TableFields(table_).Matches(place_, *parsed);
  }

  const layers::UdpPorts ports_;
  Table table_;
  uint32_t place_ = 0;
};

struct Row {
  const char* what;
  std::string filter;
  bool passes;
};

TEST_F(Fields, AreComparedAsTheirKindSays) {
  const Row rows[] = {
      {"empty filter", "", true},
      {"text", Term("LayersPath", "Ethernet/IPv4/TCP"), true},
      {"other text", Term("LayersPath", "Ethernet/IPv4"), false},
      {"node", Term("NodeTID", "tid-1"), true},
      {"capture", Term("CaptureID", "cap-2"), false},
      {"empty text exists", Term("ParentUUID", ""), true},
      {"layer", Term("Network.A", "10.0.0.1"), true},
      {"layer's alias", Term("IPV6.A", "10.0.0.1"), true},
      {"MAC", Term("Link.B", "02:00:00:00:00:02"), true},
      {"enumeration by name", Term("Transport.Protocol", "TCP"), true},
      {"transport's alias", Term("UDP.Protocol", "TCP"), true},
      {"text of an integer field", Term("Transport.A", "1000"), false},
      {"alias does not know integers", Equal("TCP.A", 1000), false},
      {"integer", Equal("Transport.A", 1000), true},
      {"integer of a text field", Equal("Network.A", 10), false},
      {"field of a layer that is not there", Term("ICMP.Type", "ECHO"), false},
      {"metric", Equal("Metric.ABPackets", 1), true},
      {"metric of the other end", Equal("Metric.BAPackets", 1), true},
      {"no update yet", Equal("LastUpdateMetric.ABPackets", 0), false},
      {"TCP metric", Equal("TCPMetric.ABSynStart", kStartMs), true},
      {"TCP metric's TTL", Equal("TCPMetric.BASynTTL", 64), true},
      {"greater", Compare(kGt, "Last", kStartMs + 4), true},
      {"not greater", Compare(kGt, "Last", kStartMs + 5), false},
      {"greater or equal", Compare(kGte, "Last", kStartMs + 5), true},
      {"less", Compare(kLt, "Start", kStartMs + 1), true},
      {"not less", Compare(kLt, "Start", kStartMs), false},
      {"less or equal", Compare(kLte, "Start", kStartMs), true},
      {"less than a field that is not there", Compare(kLt, "ICMP.ID", 5), false},
      {"negative number", Compare(kGt, "Transport.ID", -1), true},
      {"boolean", TermBool("Metric", true), false},
      {"regular expression is searched for", Regex("LayersPath", "IPv4"), true},
      {"anchored", Regex("LayersPath", "^IPv4"), false},
      {"regular expression on an integer", Regex("Transport.A", "1"), false},
      {"malformed regular expression", Regex("LayersPath", "("), false},
      {"not available in linear time", Regex("LayersPath", "(?=E)"), false},
      {"range", Ipv4Range("Network.B", "10.0.0.0/30"), true},
      {"host bits of the range", Ipv4Range("Network.B", "10.0.0.3/30"), true},
      {"outside the range", Ipv4Range("Network.B", "10.0.0.4/30"), false},
      {"everything", Ipv4Range("Network.B", "0.0.0.0/0"), true},
      {"one address", Ipv4Range("Network.B", "10.0.0.2/32"), true},
      {"no range", Ipv4Range("Network.B", "10.0.0.0"), false},
      {"range on a text that is no address", Ipv4Range("NodeTID", "0.0.0.0/0"), false},
      {"absent layer's field is null", Null("ICMP.Type"), true},
      {"absent layer is null", Null("ICMP"), true},
      {"present layer is not", Null("Link"), false},
      {"present field is not null", Null("Transport.A"), false},
      {"empty text is not null", Null("ParentUUID"), false},
      {"unknown field is null", Null("Nonsense.A"), true},
      {"unknown field equals nothing", Term("Nonsense.A", ""), false},
      {"not reachable", Equal("FinishType", 0), false},
  };
  for (const Row& row : rows) EXPECT_EQ(Passes(row.filter), row.passes) << row.what;
}

TEST_F(Fields, AreCombined) {
  const std::string yes = Term("NodeTID", "tid-1");
  const std::string no = Term("NodeTID", "tid-2");
  const Row rows[] = {
      {"OR of nothing", Bool(kOrOp, {}), true},
      {"AND of nothing", Bool(kAndOp, {}), true},
      {"NOT of nothing", Bool(kNotOp, {}), true},
      {"OR", Bool(kOrOp, {no, yes}), true},
      {"OR of false", Bool(kOrOp, {no, no}), false},
      {"OR of a text and a number", Bool(kOrOp, {no, Equal("Transport.B", 80)}), true},
      {"AND", Bool(kAndOp, {yes, no}), false},
      {"AND of true", Bool(kAndOp, {yes, ""}), true},
      {"NOT of false", Bool(kNotOp, {no}), true},
      {"NOT of true", Bool(kNotOp, {yes}), false},
      {"NOT is true with one member false", Bool(kNotOp, {yes, no}), true},
      {"NOT of all true", Bool(kNotOp, {yes, yes}), false},
      {"BoolFilter goes before the other members", Term("NodeTID", "tid-1") + Bool(kNotOp, {yes}), false},
      {"text goes before integer", Equal("Transport.A", 1000) + Term("NodeTID", "tid-2"), false},
  };
  for (const Row& row : rows) EXPECT_EQ(Passes(row.filter), row.passes) << row.what;
}

TEST(Filter, ReadsAddresses) {
  for (const char* text : {"0.0.0.0", "10.0.0.255", "255.255.255.255/32", "1.2.3.4/0", "1.2.3.4/08"}) {
    EXPECT_TRUE(ReadIpv4(text)) << text;
  }
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4/", "1.2.3.4/33",
                           "1.2.3.4/032", "1.2.3.4 ", " 1.2.3.4", "1..2.3", "<nil>", "::1", "1.2.3.4x"}) {
    EXPECT_FALSE(ReadIpv4(text)) << text;
  }
}

TEST(Filter, GathersTextsOfOneField) {
  std::vector<std::string> members;
  for (int i = 0; i < 1000; ++i) members.push_back(Term("UUID", std::to_string(i)));
  const std::optional<Filter> filter = ParseFilter(Bool(kOrOp, members));
  ASSERT_TRUE(filter);
  EXPECT_EQ(filter->kind, Filter::Kind::kTexts);
  EXPECT_TRUE(filter->MatchesText("999"));
  EXPECT_FALSE(filter->MatchesText("1000"));
}

TEST(Filter, RefusesWhatIsTooMuch) {
  std::string deep;
  for (size_t i = 0; i <= kMaxFilterDepth; ++i) deep = Bool(kNotOp, {deep});
  EXPECT_FALSE(ParseFilter(deep));
  EXPECT_FALSE(ParseFilter(Bool(kOrOp, std::vector<std::string>(kMaxFilters, ""))));
  EXPECT_FALSE(ParseFilter(Bool(kOrOp, std::vector<std::string>(kMaxPatterns + 1, Regex("UUID", "a")))));
  EXPECT_FALSE(ParseFilter(Term("UUID", std::string(kMaxFilterBytes, 'a'))));
  // At the bound.
  EXPECT_TRUE(ParseFilter(Bool(kOrOp, std::vector<std::string>(kMaxPatterns, Regex("UUID", "a")))));
}

TEST(Filter, RefusesWhatIsMalformed) {
  const std::string sound = Bool(kAndOp, {Term("NodeTID", "tid-1"), Regex("UUID", "a.*b")});
  ASSERT_TRUE(ParseFilter(sound));
  EXPECT_FALSE(ParseFilter(sound.substr(0, sound.size() - 1)));
  EXPECT_FALSE(ParseFilter("\x0f"));
  EXPECT_FALSE(ParseFilter(std::string(11, '\xff')));
}

TEST_F(Fields, SurviveAnyBytes) {
  std::mt19937 random(1);
  std::string seed;
  for (const std::string& filter :
       {Bool(kOrOp, {Term("NodeTID", "tid-1"), Bool(kNotOp, {Regex("LayersPath", "IP.*")})}),
        Ipv4Range("Network.A", "10.0.0.0/8"), Compare(kLt, "Metric.RTT", 5)}) {
    seed += filter;
  }
  size_t sound = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = seed;
    for (uint32_t flips = random() % 6; flips > 0; --flips) bytes[random() % bytes.size()] = char(random());
    bytes.resize(random() % (bytes.size() + 1));
    if (const std::optional<Filter> filter = ParseFilter(bytes)) {
      TableFields(table_).Matches(place_, *filter);
      ++sound;
    }
    ParseSearch(bytes);
  }
  EXPECT_GT(sound, 100u);
}

}  // namespace
}  // namespace skydive::flow
