// SPDX-License-Identifier: Apache-2.0
// Class NetlinkMonitor: kernel/monitor.h for JavaScript.
#include "kernel/monitor.h"

#include <memory>
#include <string>

#include "addon/addon.h"
#include "kernel/report.h"

namespace skydive::addon {
namespace {

using kernel::Monitor;

class NetlinkMonitor : public Napi::ObjectWrap<NetlinkMonitor> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "NetlinkMonitor",
                       {
                           InstanceMethod<&NetlinkMonitor::Add>("add"),
                           InstanceMethod<&NetlinkMonitor::Remove>("remove"),
                           InstanceMethod<&NetlinkMonitor::Acknowledge>("acknowledge"),
                           InstanceMethod<&NetlinkMonitor::Refresh>("refresh"),
                           InstanceMethod<&NetlinkMonitor::Sample>("sample"),
                           InstanceMethod<&NetlinkMonitor::Pause>("pause"),
                           InstanceMethod<&NetlinkMonitor::FeatureNames>("featureNames"),
                           InstanceMethod<&NetlinkMonitor::Counters>("counters"),
                           InstanceMethod<&NetlinkMonitor::Close>("close"),
                           StaticMethod<&NetlinkMonitor::Decode>("decode"),
                       });
  }

  // new NetlinkMonitor((batch: string) => void)
  explicit NetlinkMonitor(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NetlinkMonitor>(info) {
    if (info.Length() < 1 || !info[0].IsFunction()) {
      throw Napi::TypeError::New(info.Env(), "NetlinkMonitor: a function that takes the batches is needed");
    }
    // At most one batch is under way, so the queue behind it is as short.
    function_ = Napi::ThreadSafeFunction::New(info.Env(), info[0].As<Napi::Function>(), "netlink", 0, 1);
    // Hooks run last in, first out: the thread ends before the function it calls goes away with its environment.
    napi_add_env_cleanup_hook(info.Env(), &NetlinkMonitor::AtTeardown, this);
    env_ = info.Env();
    open_ = true;
    try {
      monitor_ = std::make_unique<Monitor>([function = function_, closed = closed_](std::string batch) {
        auto* owned = new std::string(std::move(batch));
        auto deliver = [closed](Napi::Env env, Napi::Function callback, std::string* text) {
          std::unique_ptr<std::string> kept(text);
          // Whoever closed the monitor does not expect what was still under way.
          if (env == nullptr || *closed) return;
          Deliver(env, callback, {Napi::String::New(env, *kept)});
        };
        if (function.NonBlockingCall(owned, deliver) != napi_ok) delete owned;
      });
    } catch (const std::exception& failure) {
      Stop();
      throw Napi::Error::New(info.Env(), failure.what());
    }
  }

  ~NetlinkMonitor() override { Stop(); }

 private:
  static void AtTeardown(void* self) {
    auto* monitor = static_cast<NetlinkMonitor*>(self);
    monitor->hooked_ = false;
    monitor->Stop();
  }

  void Stop() {
    if (!open_) return;
    open_ = false;
    *closed_ = true;
    monitor_.reset();
    function_.Release();
    if (hooked_) napi_remove_env_cleanup_hook(env_, &NetlinkMonitor::AtTeardown, this);
  }

  Monitor& Running(const Napi::CallbackInfo& info) {
    if (!monitor_) throw Napi::Error::New(info.Env(), "NetlinkMonitor: it is closed");
    return *monitor_;
  }

  static int Id(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsNumber()) {
      throw Napi::TypeError::New(info.Env(), "NetlinkMonitor: the id of a namespace is needed");
    }
    return info[0].As<Napi::Number>().Int32Value();
  }

  // add({ path?: string, receiveBytes?: number }): { id, device, inode }
  Napi::Value Add(const Napi::CallbackInfo& info) {
    kernel::WatchOptions options;
    if (info.Length() > 0 && info[0].IsObject()) {
      auto given = info[0].As<Napi::Object>();
      if (auto path = given.Get("path"); path.IsString()) options.path = path.As<Napi::String>().Utf8Value();
      if (auto bytes = given.Get("receiveBytes"); bytes.IsNumber()) {
        options.receive_bytes = bytes.As<Napi::Number>().Int32Value();
      }
    }
    try {
      auto added = Running(info).Add(options);
      auto result = Napi::Object::New(info.Env());
      result.Set("id", added.id);
      result.Set("device", static_cast<double>(added.device));
      result.Set("inode", static_cast<double>(added.inode));
      return result;
    } catch (const std::system_error& failure) {
      throw Napi::Error::New(info.Env(), failure.what());
    }
  }

  void Remove(const Napi::CallbackInfo& info) { Running(info).Remove(Id(info)); }
  void Acknowledge(const Napi::CallbackInfo& info) { Running(info).Acknowledge(); }
  void Refresh(const Napi::CallbackInfo& info) { Running(info).Refresh(Id(info)); }
  void Sample(const Napi::CallbackInfo& info) { Running(info).Sample(Id(info)); }
  void Pause(const Napi::CallbackInfo& info) {
    Running(info).Pause(info.Length() > 0 && info[0].ToBoolean().Value());
  }

  Napi::Value FeatureNames(const Napi::CallbackInfo& info) {
    const auto& names = Running(info).feature_names();
    auto result = Napi::Array::New(info.Env(), names.size());
    for (uint32_t i = 0; i < names.size(); ++i) result.Set(i, Napi::String::New(info.Env(), names[i]));
    return result;
  }

  Napi::Value Counters(const Napi::CallbackInfo& info) {
    auto counters = Running(info).counters();
    auto result = Napi::Object::New(info.Env());
    result.Set("messages", static_cast<double>(counters.messages));
    result.Set("overruns", static_cast<double>(counters.overruns));
    result.Set("dumps", static_cast<double>(counters.dumps));
    result.Set("failedDumps", static_cast<double>(counters.failed_dumps));
    result.Set("batches", static_cast<double>(counters.batches));
    return result;
  }

  void Close(const Napi::CallbackInfo&) { Stop(); }

  // decode(messages: Uint8Array): string — the batch that these netlink messages would give, without a kernel.
  static Napi::Value Decode(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsTypedArray()) {
      throw Napi::TypeError::New(info.Env(), "NetlinkMonitor.decode: a Uint8Array is needed");
    }
    auto array = info[0].As<Napi::TypedArray>();
    const auto* bytes = static_cast<const uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset();
    kernel::Mirror mirror;
    kernel::MessageCursor messages(kernel::Bytes(bytes, array.ByteLength()));
    kernel::Message message;
    // Routes come by dump only: every route message here is taken as an answer to one.
    mirror.BeginDump(kernel::kRoutes);
    while (messages.Next(message)) {
      mirror.Apply(message);
      mirror.AddToDump(kernel::kRoutes, message);
    }
    mirror.EndDump(kernel::kRoutes, true);
    std::string out = "[";
    auto now = kernel::Clock::now();
    kernel::AppendChanges(out, 0, mirror.Take(now, SIZE_MAX), now);
    return Napi::String::New(info.Env(), out + "]");
  }

  napi_env env_ = nullptr;
  bool open_ = false;
  // Only read and written on the thread of JavaScript.
  std::shared_ptr<bool> closed_ = std::make_shared<bool>(false);
  bool hooked_ = true;
  Napi::ThreadSafeFunction function_;
  std::unique_ptr<Monitor> monitor_;
};

}  // namespace

void InitNetlinkMonitor(Napi::Env env, Napi::Object exports) {
  exports.Set("NetlinkMonitor", NetlinkMonitor::Define(env));
}

}  // namespace skydive::addon
