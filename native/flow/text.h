// SPDX-License-Identifier: Apache-2.0
// Spelling of the values of flows, as Go's libraries spell them.
#pragma once

#include <cstdint>
#include <string>

#include "layers/cursor.h"

namespace skydive::flow {

inline constexpr std::string_view kNoAddress = "<nil>";

// Lower-case hexadecimal without leading zeros; at most 16 characters.
void AppendHex(std::string& out, uint64_t value);
void AppendDecimal(std::string& out, int64_t value);
void AppendMac(std::string& out, const uint8_t* mac);
// 4 or 16 bytes; none is an address that the packet did not hold.
void AppendAddress(std::string& out, layers::Cursor bytes);
void AppendBase64(std::string& out, layers::Cursor bytes);
// RFC 3339 in UTC, with as many digits of the second's fraction as it takes.
void AppendTime(std::string& out, int64_t time_ns);

}  // namespace skydive::flow
