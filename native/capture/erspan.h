// SPDX-License-Identifier: Apache-2.0
// What ERSPAN type II puts around a mirrored frame (draft-foschiano-erspan-03; its version field is 1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace skydive::capture {

inline constexpr int kProtocolGre = 47;
inline constexpr size_t kErspanHeaderBytes = 16;
inline constexpr size_t kErspanTrailerBytes = 4;

// GRE with a sequence number, which tells type II from type I, and ERSPAN's eight bytes.
std::array<uint8_t, kErspanHeaderBytes> ErspanHeader(uint32_t sequence, uint32_t interface_index);
// CRC-32 of IEEE 802.3 of the mirrored bytes, the highest byte first, as the original appends it.
std::array<uint8_t, kErspanTrailerBytes> ErspanTrailer(std::span<const uint8_t> frame);

}  // namespace skydive::capture
