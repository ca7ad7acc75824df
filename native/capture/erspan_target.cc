// SPDX-License-Identifier: Apache-2.0
#include "capture/erspan_target.h"

namespace skydive::capture {

void ErspanTarget::Packets(std::span<const flow::Packet> packets) {
  wrappings_.clear();
  wrappings_.reserve(packets.size());
  pieces_.clear();
  for (const flow::Packet& packet : packets) {
    const std::span<const uint8_t> frame(packet.data.data(), packet.data.size());
    Wrapping& around = wrappings_.emplace_back(ErspanHeader(sequence_++, interface_index_), ErspanTrailer(frame));
    pieces_.push_back({around.header.data(), around.header.size()});
    pieces_.push_back({const_cast<uint8_t*>(frame.data()), frame.size()});
    pieces_.push_back({around.trailer.data(), around.trailer.size()});
  }
  sender_.Send(pieces_, 3);
}

TargetStats ErspanTarget::Stats() {
  const kernel::RawIpStatistics& statistics = sender_.statistics();
  return {statistics.sent, statistics.dropped, statistics.failed, 0, statistics.error};
}

}  // namespace skydive::capture
