// SPDX-License-Identifier: Apache-2.0
#include "flow/store/segment_format.h"

#include "flow/xxhash64.h"

namespace skydive::flow::store {

uint64_t Checksum(std::string_view bytes) {
  XxHash64 hash(0x736b79646976650a);
  hash.Write(bytes.data(), bytes.size());
  return hash.Sum();
}

}  // namespace skydive::flow::store
