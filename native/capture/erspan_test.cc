// SPDX-License-Identifier: Apache-2.0
#include "capture/erspan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "flow/table.h"
#include "flow/test_frames.h"

namespace skydive::capture {
namespace {

TEST(Erspan, HeaderIsGreWithASequenceNumberAndTheIndex) {
  const auto header = ErspanHeader(0x01020304, 0xfff00005);
  const std::array<uint8_t, 16> wanted = {0x10, 0, 0x88, 0xbe, 1, 2, 3, 4, 0x10, 0, 0x1c, 0x01, 0, 0, 0, 5};
  EXPECT_EQ(header, wanted);
}

// Check values of CRC-32/ISO-HDLC.
TEST(Erspan, TrailerIsTheCrcOfTheFrame) {
  const auto crc = [](std::string_view text) {
    return ErspanTrailer({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  EXPECT_EQ(crc(""), (std::array<uint8_t, 4>{0, 0, 0, 0}));
  EXPECT_EQ(crc("123456789"), (std::array<uint8_t, 4>{0xcb, 0xf4, 0x39, 0x26}));
  EXPECT_EQ(crc("The quick brown fox jumps over the lazy dog"), (std::array<uint8_t, 4>{0x41, 0x4f, 0xa3, 0x39}));
}

TEST(Erspan, OurOwnLayersFindTheFrameInside) {
  const std::vector<uint8_t> inner = flow::test::Frame(1, 2, 17, flow::test::Udp(1000, 2000, 5));
  std::vector<uint8_t> mirrored;
  std::ranges::copy(ErspanHeader(1, 2), std::back_inserter(mirrored));
  std::ranges::copy(inner, std::back_inserter(mirrored));
  std::ranges::copy(ErspanTrailer(inner), std::back_inserter(mirrored));
  layers::UdpPorts ports;
  flow::Table table({}, ports);
  flow::test::Feed(table, flow::test::Frame(8, 9, kProtocolGre, mirrored), flow::test::kStartMs);
  const auto places = table.Places();
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(table.name(places[0]).path, "Ethernet/IPv4/GRE");
  EXPECT_EQ(table.name(places[1]).path, "Ethernet/IPv4/UDP");
  EXPECT_EQ(table.cold(places[1]).port_b, 2000);
}

}  // namespace
}  // namespace skydive::capture
