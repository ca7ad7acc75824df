// SPDX-License-Identifier: Apache-2.0
// Class NetflowCapture: capture/netflow_capture.h for JavaScript.
#include "capture/netflow_capture.h"

#include <memory>

#include "addon/addon.h"
#include "addon/listen_options.h"
#include "addon/live_capture.h"

namespace skydive::addon {
namespace {

// Options: see NativeNetflowCaptureOptions in src/native/datagram-capture.ts.
LiveCapture::Begin Prepare(const Napi::Object& object) {
  capture::NetflowCaptureOptions options;
  options.listen = ListenOptionsOf(object);
  options.table = TableOptionsOf(object);
  return [options](const layers::UdpPorts& ports, capture::LiveCapture::Notify notify) {
    return std::make_unique<capture::NetflowCapture>(options, ports, std::move(notify));
  };
}

}  // namespace

void InitNetflowCapture(Napi::Env env, Napi::Object exports) {
  exports.Set("NetflowCapture", LiveCapture::Define(env, "NetflowCapture", Prepare));
}

}  // namespace skydive::addon
