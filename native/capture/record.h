// SPDX-License-Identifier: Apache-2.0
// One packet as a source delivers it.
#pragma once

#include <cstdint>

namespace skydive::capture {

struct Record {
  const uint8_t* data;  // valid until the source is used again
  uint32_t captured;    // bytes at data
  uint32_t wire;        // bytes the packet had
  uint32_t link_type;   // LINKTYPE_ value
  int64_t time_ns;      // since the epoch
};

}  // namespace skydive::capture
