// SPDX-License-Identifier: Apache-2.0
#include "capture/erspan.h"

namespace skydive::capture {
namespace {

constexpr uint32_t kSequencePresent = 0x10000000;
constexpr uint32_t kErspan = 0x88be;
// Version 1, no VLAN; not of known encapsulation, truncated (which it may be), session 1.
constexpr uint32_t kVersionAndSession = 0x10001c01;
constexpr uint32_t kIndexMask = 0xfffff;

constexpr size_t kSlices = 8;
using Table = std::array<std::array<uint32_t, 256>, kSlices>;

// Slicing by eight bytes; the polynomial of IEEE 802.3, reflected.
constexpr Table MakeTable() {
  Table table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    table[0][i] = crc;
  }
  for (uint32_t i = 0; i < 256; ++i) {
    for (size_t slice = 1; slice < kSlices; ++slice) {
      table[slice][i] = table[slice - 1][i] >> 8 ^ table[0][table[slice - 1][i] & 0xff];
    }
  }
  return table;
}

constexpr Table kTable = MakeTable();

uint32_t Crc32(std::span<const uint8_t> bytes) {
  uint32_t crc = 0xffffffff;
  for (; bytes.size() >= kSlices; bytes = bytes.subspan(kSlices)) {
    const uint32_t low =
        crc ^ (uint32_t{bytes[0]} | uint32_t{bytes[1]} << 8 | uint32_t{bytes[2]} << 16 | uint32_t{bytes[3]} << 24);
    crc = kTable[7][low & 0xff] ^ kTable[6][low >> 8 & 0xff] ^ kTable[5][low >> 16 & 0xff] ^ kTable[4][low >> 24] ^
          kTable[3][bytes[4]] ^ kTable[2][bytes[5]] ^ kTable[1][bytes[6]] ^ kTable[0][bytes[7]];
  }
  for (const uint8_t byte : bytes) crc = crc >> 8 ^ kTable[0][(crc ^ byte) & 0xff];
  return ~crc;
}

void Put32(uint8_t* to, uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = uint8_t(value >> (24 - 8 * i));
}

}  // namespace

std::array<uint8_t, kErspanHeaderBytes> ErspanHeader(uint32_t sequence, uint32_t interface_index) {
  std::array<uint8_t, kErspanHeaderBytes> header;
  Put32(header.data(), kSequencePresent | kErspan);
  Put32(header.data() + 4, sequence);
  Put32(header.data() + 8, kVersionAndSession);
  Put32(header.data() + 12, interface_index & kIndexMask);
  return header;
}

std::array<uint8_t, kErspanTrailerBytes> ErspanTrailer(std::span<const uint8_t> frame) {
  std::array<uint8_t, kErspanTrailerBytes> trailer;
  Put32(trailer.data(), Crc32(frame));
  return trailer;
}

}  // namespace skydive::capture
