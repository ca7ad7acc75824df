// SPDX-License-Identifier: Apache-2.0
// What the classes of live captures have in common: capture/live_capture.h for JavaScript.
#pragma once

#include <functional>
#include <memory>

#include "addon/node_api.h"
#include "capture/live_capture.h"

namespace skydive::addon {

// Options that all captures take.
capture::TableOptions TableOptionsOf(const Napi::Object& object);

class LiveCapture : public Napi::ObjectWrap<LiveCapture> {
 public:
  // Starts a capture, on any thread; throws std::exception.
  using Begin = std::function<std::unique_ptr<capture::LiveCapture>(const layers::UdpPorts& ports,
                                                                    capture::LiveCapture::Notify notify)>;
  // Reads the options that JavaScript gave; throws std::exception.
  using Prepare = Begin (*)(const Napi::Object& options);

  // A class of this name: new NAME(options, ready: () => void).
  static Napi::Function Define(Napi::Env env, const char* name, Prepare prepare);

  explicit LiveCapture(const Napi::CallbackInfo& info);
  ~LiveCapture() override { Close(); }

 private:
  // Shared with what goes on off the thread of JavaScript.
  struct Running {
    layers::UdpPorts ports;
    std::unique_ptr<capture::LiveCapture> capture;
  };

  static void AtTeardown(void* self);
  capture::LiveCapture::Notify Notify() const;
  void Close();
  capture::LiveCapture& Capture(const Napi::CallbackInfo& info);

  Napi::Value Take(const Napi::CallbackInfo& info);
  Napi::Value Flows(const Napi::CallbackInfo& info);
  Napi::Value Query(const Napi::CallbackInfo& info);
  Napi::Value Stats(const Napi::CallbackInfo& info);
  Napi::Value TakeCounters(const Napi::CallbackInfo& info);
  void Stop(const Napi::CallbackInfo& info);
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value End(const Napi::CallbackInfo& info);

  Begin begin_;
  std::shared_ptr<Running> running_;
  Napi::ThreadSafeFunction function_;
  // Read and written on the thread of JavaScript only.
  std::shared_ptr<bool> closed_ = std::make_shared<bool>(false);
  napi_env env_ = nullptr;
  bool open_ = false;
  bool opening_ = false;
  // There is a capture.
  bool begun_ = false;
  bool hooked_ = true;
};

}  // namespace skydive::addon
