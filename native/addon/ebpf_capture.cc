// SPDX-License-Identifier: Apache-2.0
// Class EbpfCapture: capture/ebpf_capture.h for JavaScript, and what this kernel offers to it.
#include "capture/ebpf_capture.h"

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include "addon/addon.h"
#include "addon/flow_options.h"
#include "addon/live_capture.h"

namespace skydive::addon {
namespace {

// Devices whose packets have no Ethernet header.
bool IsBareIp(const std::string& encapsulation) {
  return !encapsulation.empty() && encapsulation != "ether" && encapsulation != "loopback";
}

// Options: see NativeEbpfCaptureOptions in src/native/ebpf-capture.ts.
LiveCapture::Begin Prepare(const Napi::Object& object) {
  capture::EbpfCaptureOptions options;
  options.table = TableOptionsOf(object);
  options.interface = Text(object, "interface");
  options.namespace_path = Text(object, "namespacePath");
  options.program.bare_ip = IsBareIp(Text(object, "encapType"));
  options.program.ring_bytes =
      size_t(std::max<int64_t>(0, Number(object, "ringBytes", int64_t(options.program.ring_bytes))));
  options.program.flows = uint32_t(std::max<int64_t>(1, Number(object, "kernelFlows", options.program.flows)));
  options.poll_ms = Number(object, "pollMs", options.poll_ms);
  options.idle_ms = Number(object, "idleMs", options.idle_ms);
  options.program.seed = options.table.flow.hash_seed;
  if (const std::string hook = Text(object, "hook"); !hook.empty()) {
    std::erase_if(options.program.hooks, [&](kernel::HookKind kind) { return hook != kernel::NameOf(kind); });
    if (options.program.hooks.empty()) throw std::invalid_argument("no such way to attach: " + hook);
  }
  return [options](const layers::UdpPorts& ports, capture::LiveCapture::Notify notify) {
    return std::make_unique<capture::EbpfCapture>(options, ports, std::move(notify));
  };
}

// Loads the program on a thread of the pool: the verifier takes its time.
class FeatureProbe : public Napi::AsyncWorker {
 public:
  static Napi::Promise Start(Napi::Env env) {
    auto* probe = new FeatureProbe(env);
    const Napi::Promise promise = probe->deferred_.Promise();
    probe->Queue();
    return promise;
  }

 private:
  explicit FeatureProbe(Napi::Env env) : Napi::AsyncWorker(env), deferred_(env) {}

  void Execute() override { features_ = capture::ProbeEbpf(); }

  void OnOK() override {
    auto object = Napi::Object::New(Env());
    object.Set("available", features_.available);
    object.Set("tcx", features_.tcx);
    object.Set("clsact", features_.clsact);
    object.Set("socketFilter", features_.socket_filter);
    if (!features_.error.empty()) object.Set("error", features_.error);
    deferred_.Resolve(object);
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  capture::EbpfFeatures features_;
  Napi::Promise::Deferred deferred_;
};

// ebpfFeatures(): Promise<NativeEbpfFeatures>
Napi::Value Features(const Napi::CallbackInfo& info) { return FeatureProbe::Start(info.Env()); }

}  // namespace

void InitEbpfCapture(Napi::Env env, Napi::Object exports) {
  exports.Set("EbpfCapture", LiveCapture::Define(env, "EbpfCapture", Prepare));
  exports.Set("ebpfFeatures", Napi::Function::New(env, Features, "ebpfFeatures"));
}

}  // namespace skydive::addon
