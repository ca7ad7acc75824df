// SPDX-License-Identifier: Apache-2.0
// The layout of a segment file: a head, a table of sections, the sections, each at a multiple of eight bytes.
// All numbers are little endian.
#pragma once

#include <cstdint>
#include <string_view>

namespace skydive::flow::store {

inline constexpr char kSegmentMagic[8] = {'S', 'K', 'Y', 'F', 'L', 'O', 'W', 'S'};
inline constexpr uint32_t kSegmentFormat = 1;

struct SegmentHead {
  char magic[8];
  uint32_t format;
  uint32_t sections;
  uint64_t size;  // of the file
  uint64_t rows;
  uint64_t records;
  uint64_t packets;
  uint64_t replaced;
  int64_t arrived_first_ms;  // when the first and the last update came
  int64_t arrived_last_ms;
  uint64_t checksum;  // of the head with 0 here, and of the table
};

struct SectionHead {
  uint32_t column;
  uint8_t width;     // bytes a value: 0, 1, 2, 4, 8
  uint8_t relative;  // 1: a time is told from the one beside it, 0 being itself
  uint16_t reserved;
  uint64_t count;  // of values, or of bytes
  uint64_t offset;
  int64_t base;  // the least value
  int64_t greatest;
  uint64_t checksum;  // of the section's bytes
};

static_assert(sizeof(SegmentHead) == 80 && sizeof(SectionHead) == 48);

// Of sections and of the log's blocks.
uint64_t Checksum(std::string_view bytes);

}  // namespace skydive::flow::store
