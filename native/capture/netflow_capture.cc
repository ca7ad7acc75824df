// SPDX-License-Identifier: Apache-2.0
#include "capture/netflow_capture.h"

#include <utility>

namespace skydive::capture {

NetflowCapture::NetflowCapture(const NetflowCaptureOptions& options, const layers::UdpPorts& ports, Notify notify)
    : DatagramCapture(options.listen, options.table, ports, std::move(notify)), flows_(table_) {
  Start();
}

bool NetflowCapture::Take(const Datagram& datagram, std::string& why) {
  const int64_t now_ms = datagram.time_ns / 1000000;
  const auto count = [&](const ExportedFlow& record) {
    if (!flows_.Count(record, datagram.source, now_ms)) ++skipped_;
  };
  return reader_.Read(datagram.bytes, datagram.source, now_ms, count, why);
}

void NetflowCapture::AddListenerStats(CaptureStats::Listener& stats) {
  const NetflowStats& counted = reader_.stats();
  stats.records = counted.flows;
  stats.skipped = skipped_;
  stats.lost = counted.lost;
  stats.no_template = counted.no_template;
  stats.forgotten = counted.templates_dropped;
  stats.sampling = counted.sampling;
}

}  // namespace skydive::capture
