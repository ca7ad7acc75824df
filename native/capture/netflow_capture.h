// SPDX-License-Identifier: Apache-2.0
// Flows that exporters of NetFlow and IPFIX report.
#pragma once

#include "capture/datagram_capture.h"
#include "capture/exported_flows.h"
#include "capture/netflow_reader.h"

namespace skydive::capture {

struct NetflowCaptureOptions {
  ListenOptions listen;
  TableOptions table;
};

class NetflowCapture : public DatagramCapture {
 public:
  // Throws std::system_error when no port can be bound.
  NetflowCapture(const NetflowCaptureOptions& options, const layers::UdpPorts& ports, Notify notify);
  ~NetflowCapture() override { Stop(); }

 private:
  bool Take(const Datagram& datagram, std::string& why) override;
  void AddListenerStats(CaptureStats::Listener& stats) override;

  NetflowReader reader_;
  ExportedFlows flows_;
  uint64_t skipped_ = 0;
};

}  // namespace skydive::capture
