// SPDX-License-Identifier: Apache-2.0
// Class SflowCapture: capture/sflow_capture.h for JavaScript.
#include "capture/sflow_capture.h"

#include <memory>

#include "addon/addon.h"
#include "addon/flow_options.h"
#include "addon/listen_options.h"
#include "addon/live_capture.h"

namespace skydive::addon {
namespace {

// Options: see NativeSflowCaptureOptions in src/native/datagram-capture.ts.
LiveCapture::Begin Prepare(const Napi::Object& object) {
  capture::SflowCaptureOptions options;
  options.listen = ListenOptionsOf(object);
  options.table = TableOptionsOf(object);
  options.filter = Text(object, "filter");
  options.header_size = int(Number(object, "headerSize", options.header_size));
  return [options](const layers::UdpPorts& ports, capture::LiveCapture::Notify notify) {
    return std::make_unique<capture::SflowCapture>(options, ports, std::move(notify));
  };
}

}  // namespace

void InitSflowCapture(Napi::Env env, Napi::Object exports) {
  exports.Set("SflowCapture", LiveCapture::Define(env, "SflowCapture", Prepare));
}

}  // namespace skydive::addon
