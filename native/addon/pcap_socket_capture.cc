// SPDX-License-Identifier: Apache-2.0
// Class PcapSocketCapture: capture/pcap_socket_capture.h for JavaScript.
#include "capture/pcap_socket_capture.h"

#include <memory>
#include <string>

#include "addon/addon.h"
#include "addon/flow_options.h"
#include "addon/live_capture.h"
#include "capture/packet_filter.h"

namespace skydive::addon {
namespace {

constexpr int kLinkEthernet = 1;

// Options: see NativePcapSocketOptions in src/native/pcap-socket.ts.
LiveCapture::Begin Prepare(const Napi::Object& object) {
  capture::PcapSocketOptions options;
  options.table = TableOptionsOf(object);
  options.address = Text(object, "address");
  options.min_port = uint16_t(Number(object, "minPort", 0));
  options.max_port = uint16_t(Number(object, "maxPort", 0));
  options.filter = Text(object, "filter");
  options.header_ms = Number(object, "headerMs", options.header_ms);
  // An expression that does not compile is refused now, not with the first connection.
  if (!options.filter.empty()) {
    const capture::PacketFilter filter(options.filter, kLinkEthernet, capture::PcapStream::kFilterSnapLength);
  }
  return [options](const layers::UdpPorts& ports, capture::LiveCapture::Notify notify) {
    return std::make_unique<capture::PcapSocketCapture>(options, ports, std::move(notify));
  };
}

}  // namespace

void InitPcapSocketCapture(Napi::Env env, Napi::Object exports) {
  exports.Set("PcapSocketCapture", LiveCapture::Define(env, "PcapSocketCapture", Prepare));
}

}  // namespace skydive::addon
