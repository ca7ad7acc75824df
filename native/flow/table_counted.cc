// SPDX-License-Identifier: Apache-2.0
// Flows whose packets something else counted: the kernel, or an exporter.
#include <algorithm>

#include "flow/table.h"

namespace skydive::flow {

uint32_t Table::Find(uint64_t hash) const {
  return index_.Find(hash, [this, hash](uint32_t at) { return hot_[at].hash == hash; });
}

uint32_t Table::Insert(uint64_t hash, Cold flow, std::span<const layers::Layer> path, bool swapped,
                       int64_t last_ms, std::string_view application) {
  const uint32_t place = TakePlace();
  Hot& hot = hot_[place];
  hot = {};
  hot.hash = hash;
  hot.last_ms = last_ms;
  hot.flags = Hot::kUsed;
  if (swapped) hot.flags |= Hot::kSwapped;
  flow.generation = cold_[place].generation;
  flow.name = names_.Take(path, application);
  cold_[place] = std::move(flow);
  Name& name = names_[cold_[place].name];
  if (name.users == 1) {
    const auto timeout = options_.application_timeouts_ms.find(name.application);
    name.timeout_ms = timeout == options_.application_timeouts_ms.end() ? 0 : timeout->second;
  }
  index_.Insert(hash, place);
  ++count_;
  expiry_.Arm(place, last_ms);
  ArmTimeout(place);
  return place;
}

void Table::CountMore(uint32_t place, const Counters& more, int64_t last_ms) {
  Hot& hot = hot_[place];
  hot.counters.ab_packets += more.ab_packets;
  hot.counters.ab_bytes += more.ab_bytes;
  hot.counters.ba_packets += more.ba_packets;
  hot.counters.ba_bytes += more.ba_bytes;
  packets_ += uint64_t(more.ab_packets + more.ba_packets);
  Touch(place, std::max(hot.last_ms, last_ms));
}

}  // namespace skydive::flow
