// SPDX-License-Identifier: Apache-2.0
// Class PacketCapture: capture/packet_capture.h for JavaScript.
#include "capture/packet_capture.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "addon/addon.h"
#include "addon/flow_options.h"
#include "addon/live_capture.h"
#include "capture/packet_filter.h"

namespace skydive::addon {
namespace {

constexpr uint32_t kLinkEthernet = 1;
constexpr uint32_t kLinkIpv4 = 228;
constexpr uint32_t kLinkIpv6 = 229;
// Bytes kept of a packet unless the capture says otherwise.
constexpr int64_t kHeaderSize = 256;

struct FirstLayer {
  layers::Protocol protocol;
  uint32_t link_type;
};

// What the packets of a device start with, by the EncapType of its node.
FirstLayer FirstLayerOf(const std::string& encapsulation) {
  if (encapsulation == "none" || encapsulation == "gre") return {layers::Protocol::kRawIp, kLinkIpv4};
  if (encapsulation == "sit" || encapsulation == "ipip") return {layers::Protocol::kIpv4, kLinkIpv4};
  if (encapsulation == "tunnel6" || encapsulation == "gre6") return {layers::Protocol::kIpv6, kLinkIpv6};
  return {layers::Protocol::kEthernet, kLinkEthernet};
}

// Keeps the first bytes of what matches; everything matches no expression.
std::vector<sock_filter> Filter(const Napi::Object& object, uint32_t link_type) {
  const auto snap_length = int32_t(Number(object, "headerSize", kHeaderSize));
  const std::string expression = Text(object, "filter");
  if (expression.empty()) return {sock_filter{BPF_RET | BPF_K, 0, 0, uint32_t(snap_length)}};
  return capture::PacketFilter(expression, int(link_type), snap_length).Steps();
}

// Options: see NativePacketCaptureOptions in src/native/packet-capture.ts.
LiveCapture::Begin Prepare(const Napi::Object& object) {
  capture::PacketCaptureOptions options;
  const FirstLayer first = FirstLayerOf(Text(object, "encapType"));
  options.first = first.protocol;
  options.table = TableOptionsOf(object);
  options.ring.interface = Text(object, "interface");
  options.ring.namespace_path = Text(object, "namespacePath");
  options.ring.promiscuous = IsTrue(object, "promiscuous");
  options.ring.ring_bytes =
      size_t(std::max<int64_t>(0, Number(object, "ringBytes", int64_t(options.ring.ring_bytes))));
  options.ring.filter = Filter(object, first.link_type);
  return [options](const layers::UdpPorts& ports, capture::LiveCapture::Notify notify) {
    return std::make_unique<capture::PacketCapture>(options, ports, std::move(notify));
  };
}

}  // namespace

void InitPacketCapture(Napi::Env env, Napi::Object exports) {
  exports.Set("PacketCapture", LiveCapture::Define(env, "PacketCapture", Prepare));
}

}  // namespace skydive::addon
