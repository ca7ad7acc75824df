// SPDX-License-Identifier: Apache-2.0
#include "capture/flow_target.h"

#include <chrono>
#include <utility>

#include "flow/export/ipfix.h"
#include "flow/export/netflow5.h"

namespace skydive::capture {
namespace {

using std::chrono::milliseconds;

// Collectors read into buffers of the default size: flows that come at once are spread.
constexpr uint32_t kDatagramsPerSecond = 20000;

int64_t NowMs() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::unique_ptr<flow::FlowExport> ExportOf(const TargetOptions& options) {
  if (options.kind == TargetOptions::Kind::kIpfix) return std::make_unique<flow::Ipfix>(options.domain);
  return std::make_unique<flow::Netflow5>(NowMs());
}

kernel::UdpSenderOptions SenderOptions(const TargetOptions& options) {
  kernel::UdpSenderOptions sender;
  sender.address = options.address;
  sender.port = options.port;
  sender.datagrams_per_second = kDatagramsPerSecond;
  sender.patient = true;
  return sender;
}

}  // namespace

FlowTarget::FlowTarget(const TargetOptions& options)
    : export_(ExportOf(options)), sender_(SenderOptions(options)) {}

void FlowTarget::Flows(const flow::Table& table, std::span<const uint32_t> places) {
  export_->Export(table, places, NowMs(), [this](std::string datagram) { sender_.Send(std::move(datagram)); });
}

void FlowTarget::Finish() { sender_.Flush(milliseconds(1000)); }

TargetStats FlowTarget::Stats() {
  const kernel::UdpSenderStatistics statistics = sender_.Statistics();
  return {statistics.sent, statistics.dropped, statistics.failed, export_->skipped(), statistics.error};
}

}  // namespace skydive::capture
