// SPDX-License-Identifier: Apache-2.0
#include "flow/store/identifier.h"

#include "flow/xxhash64.h"

namespace skydive::flow::store {

uint64_t UuidKey(std::string_view uuid, bool& odd) {
  const std::optional<uint64_t> number = NumberOf(uuid);
  odd = !number;
  if (number) return *number;
  XxHash64 hash(1);
  hash.Write(uuid.data(), uuid.size());
  return hash.Sum();
}

}  // namespace skydive::flow::store
