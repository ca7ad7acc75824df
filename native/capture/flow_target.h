// SPDX-License-Identifier: Apache-2.0
// Exports flows to a collector over UDP.
#pragma once

#include <memory>

#include "capture/target.h"
#include "flow/export/flow_export.h"
#include "kernel/udp_sender.h"

namespace skydive::capture {

class FlowTarget : public Target {
 public:
  explicit FlowTarget(const TargetOptions& options);

  bool takes_packets() const override { return false; }
  void Flows(const flow::Table& table, std::span<const uint32_t> places) override;
  void Finish() override;
  TargetStats Stats() override;

 private:
  std::unique_ptr<flow::FlowExport> export_;
  kernel::UdpSender sender_;
};

}  // namespace skydive::capture
