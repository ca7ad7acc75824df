// SPDX-License-Identifier: Apache-2.0
// Numbers in network byte order, appended to a datagram.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace skydive::flow {

// The lowest bytes of a number, the highest first.
inline void Put(std::string& to, uint64_t value, size_t bytes) {
  for (size_t i = bytes; i > 0; --i) to += char(value >> (8 * (i - 1)));
}

// The same over what is there.
inline void PutAt(std::string& to, size_t at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) to[at + i] = char(value >> (8 * (bytes - 1 - i)));
}

}  // namespace skydive::flow
