// SPDX-License-Identifier: Apache-2.0
#include "addon/live_capture.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "addon/addon.h"
#include "addon/flow_options.h"
#include "addon/flow_query.h"
#include "flow/encode.h"

namespace skydive::addon {
namespace {

// Work on another thread: a promise of its end. Keeps the object of JavaScript that it is for.
class Job : public Napi::AsyncWorker {
 public:
  // `ended` is called on the thread of JavaScript before the promise is settled: false after a failure.
  static Napi::Promise Start(const Napi::Object& object, std::function<void()> work,
                             std::function<void(bool)> ended) {
    auto* job = new Job(object, std::move(work), std::move(ended));
    const Napi::Promise promise = job->deferred_.Promise();
    job->Queue();
    return promise;
  }

 private:
  Job(const Napi::Object& object, std::function<void()> work, std::function<void(bool)> ended)
      : Napi::AsyncWorker(object.Env(), "capture"),
        object_(Napi::Persistent(object)),
        work_(std::move(work)),
        ended_(std::move(ended)),
        deferred_(Napi::Promise::Deferred::New(object.Env())) {}

  void Execute() override { work_(); }

  void OnOK() override {
    ended_(true);
    deferred_.Resolve(Env().Undefined());
  }

  void OnError(const Napi::Error& error) override {
    ended_(false);
    deferred_.Reject(error.Value());
  }

  const Napi::ObjectReference object_;
  const std::function<void()> work_;
  const std::function<void(bool)> ended_;
  const Napi::Promise::Deferred deferred_;
};

Napi::Object ListenerOf(Napi::Env env, const capture::CaptureStats::Listener& listener) {
  auto object = Napi::Object::New(env);
  object.Set("port", double(listener.port));
  object.Set("datagrams", double(listener.datagrams));
  object.Set("dropped", double(listener.dropped));
  object.Set("malformed", double(listener.malformed));
  object.Set("complaint", listener.complaint);
  object.Set("records", double(listener.records));
  object.Set("skipped", double(listener.skipped));
  object.Set("lost", double(listener.lost));
  object.Set("noTemplate", double(listener.no_template));
  object.Set("countersDropped", double(listener.counters_dropped));
  object.Set("forgotten", double(listener.forgotten));
  object.Set("sampling", double(listener.sampling));
  return object;
}

const char* NameOf(capture::SflowCounters::Kind kind) {
  switch (kind) {
    case capture::SflowCounters::Kind::kInterface:
      return "interface";
    case capture::SflowCounters::Kind::kEthernet:
      return "ethernet";
    case capture::SflowCounters::Kind::kVlan:
      return "vlan";
    case capture::SflowCounters::Kind::kApplication:
      return "application";
    case capture::SflowCounters::Kind::kDatapath:
      return "datapath";
  }
  return "";
}

// NativeCaptureTarget of src/native/capture-target.ts.
capture::TargetOptions TargetOf(const Napi::Object& object) {
  using Kind = capture::TargetOptions::Kind;
  capture::TargetOptions options;
  const std::string type = Text(object, "type");
  if (type == "netflowv5") {
    options.kind = Kind::kNetflow5;
  } else if (type == "ipfix") {
    options.kind = Kind::kIpfix;
  } else if (type == "erspanv1") {
    options.kind = Kind::kErspan;
  } else {
    throw std::invalid_argument("no such target: " + type);
  }
  options.address = Text(object, "address");
  options.port = uint16_t(Number(object, "port", 0));
  options.interface_index = uint32_t(Number(object, "interfaceIndex", 0));
  options.domain = uint32_t(Number(object, "domain", 0));
  return options;
}

}  // namespace

capture::TableOptions TableOptionsOf(const Napi::Object& object) {
  capture::TableOptions options;
  options.flow = FlowOptionsOf(object);
  options.update_ms = std::max<int64_t>(1, Number(object, "updateMs", options.update_ms));
  options.expire_ms = std::max<int64_t>(1, Number(object, "expireMs", options.expire_ms));
  options.flows_per_message = size_t(Number(object, "flowsPerMessage", 10));
  if (object.Get("target").IsObject()) options.target = TargetOf(object.Get("target").As<Napi::Object>());
  return options;
}

Napi::Function LiveCapture::Define(Napi::Env env, const char* name, Prepare prepare) {
  return DefineClass(env, name,
                     {InstanceMethod<&LiveCapture::Take>("take"), InstanceMethod<&LiveCapture::Flows>("flows"),
                      InstanceMethod<&LiveCapture::Query>("query"), InstanceMethod<&LiveCapture::Stats>("stats"),
                      InstanceMethod<&LiveCapture::TakeCounters>("takeCounters"),
                      InstanceMethod<&LiveCapture::Stop>("stop"), InstanceMethod<&LiveCapture::Open>("open"),
                      InstanceMethod<&LiveCapture::End>("end")},
                     reinterpret_cast<void*>(prepare));
}

LiveCapture::LiveCapture(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LiveCapture>(info) {
  if (info.Length() < 2 || !info[0].IsObject() || !info[1].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "a capture needs options and a function");
  }
  const auto prepare = reinterpret_cast<Prepare>(info.Data());
  const auto object = info[0].As<Napi::Object>();
  running_ = std::make_shared<Running>();
  AddPorts(object, running_->ports);
  function_ = Napi::ThreadSafeFunction::New(info.Env(), info[1].As<Napi::Function>(), "capture", 0, 1);
  // A capture does not keep the process alive, and its thread ends before the environment does.
  function_.Unref(info.Env());
  napi_add_env_cleanup_hook(info.Env(), &LiveCapture::AtTeardown, this);
  env_ = info.Env();
  open_ = true;
  try {
    begin_ = prepare(object);
    if (IsTrue(object, "deferred")) return;
    running_->capture = begin_(running_->ports, Notify());
    begun_ = true;
  } catch (const std::exception& failure) {
    Close();
    throw Napi::Error::New(info.Env(), failure.what());
  }
}

void LiveCapture::AtTeardown(void* self) {
  auto* capture = static_cast<LiveCapture*>(self);
  capture->hooked_ = false;
  capture->Close();
}

capture::LiveCapture::Notify LiveCapture::Notify() const {
  return [function = function_, closed = closed_] {
    function.NonBlockingCall([closed](Napi::Env env, Napi::Function callback) {
      if (env != nullptr && !*closed) Deliver(env, callback);
    });
  };
}

void LiveCapture::Close() {
  // While it is being opened another thread has it, which keeps this object until then.
  if (!open_ || opening_) return;
  open_ = false;
  begun_ = false;
  *closed_ = true;
  // A query may hold on to it, but no thread may call back any more.
  if (running_->capture) running_->capture->Stop();
  running_.reset();
  function_.Release();
  if (hooked_) napi_remove_env_cleanup_hook(env_, &LiveCapture::AtTeardown, this);
}

capture::LiveCapture& LiveCapture::Capture(const Napi::CallbackInfo& info) {
  if (!begun_) throw Napi::Error::New(info.Env(), "the capture: it is not open");
  return *running_->capture;
}

// take(limit: number): Buffer[] — messages that wait.
Napi::Value LiveCapture::Take(const Napi::CallbackInfo& info) {
  const size_t limit = info.Length() > 0 && info[0].IsNumber() ? info[0].As<Napi::Number>().Uint32Value() : 1000;
  auto buffers = Napi::Array::New(info.Env());
  for (const std::string& message : Capture(info).Take(limit)) {
    Napi::HandleScope scope(info.Env());
    buffers.Set(buffers.Length(), Napi::Buffer<char>::Copy(info.Env(), message.data(), message.size()));
  }
  return buffers;
}

// flows(): Buffer — all flows of the table as a JSON array.
Napi::Value LiveCapture::Flows(const Napi::CallbackInfo& info) {
  std::string text = "[";
  Capture(info).WithTable([&text](const flow::Table& table) {
    for (const uint32_t place : table.Places()) {
      if (text.size() > 1) text += ',';
      flow::EncodeJson(table, place, text);
    }
  });
  text += ']';
  return Napi::Buffer<char>::Copy(info.Env(), text.data(), text.size());
}

// query(searchQuery: Uint8Array): Promise<Buffer> — the flows of the table that pass, as a serialized FlowSet.
Napi::Value LiveCapture::Query(const Napi::CallbackInfo& info) {
  Capture(info);
  flow::Search search = SearchOf(info);
  return FlowQuery::Start(info.Env(), std::move(search), [running = running_](const flow::Search& asked) {
    return flow::AnswerSearch(asked, [&running](auto look) {
      const bool more = running->capture->WithTable(look);
      // A mutex is not fair: without a pause the packets that wait for it could wait until the end.
      if (more) std::this_thread::sleep_for(std::chrono::microseconds(100));
      return more;
    });
  });
}

// stats(): see NativePacketCaptureStats.
Napi::Value LiveCapture::Stats(const Napi::CallbackInfo& info) {
  const capture::CaptureStats stats = Capture(info).Stats();
  auto object = Napi::Object::New(info.Env());
  object.Set("packetsReceived", double(stats.packets_received));
  object.Set("packetsDropped", double(stats.packets_dropped));
  object.Set("packets", double(stats.table.packets));
  object.Set("flowCount", double(stats.table.flow_count));
  object.Set("flowDropped", double(stats.table.flow_dropped));
  object.Set("messagesDropped", double(stats.messages_dropped));
  if (stats.kernel) {
    object.Set("kernelFlowDropped", double(stats.kernel->lost));
    object.Set("packetsOverflowed", double(stats.kernel->overflowed));
    object.Set("kernelEntries", double(stats.kernel->entries));
    object.Set("hook", stats.kernel->hook);
    object.Set("hookRuns", double(stats.kernel->hook_runs));
    object.Set("hookNs", double(stats.kernel->hook_ns));
  }
  if (stats.listener) object.Set("listener", ListenerOf(info.Env(), *stats.listener));
  if (stats.streams) {
    auto streams = Napi::Object::New(info.Env());
    streams.Set("address", stats.streams->address);
    streams.Set("open", double(stats.streams->open));
    streams.Set("ended", double(stats.streams->ended));
    streams.Set("failed", double(stats.streams->failed));
    streams.Set("refused", double(stats.streams->refused));
    if (!stats.streams->error.empty()) streams.Set("error", stats.streams->error);
    object.Set("streams", streams);
  }
  if (stats.target) {
    auto target = Napi::Object::New(info.Env());
    target.Set("sent", double(stats.target->sent));
    target.Set("dropped", double(stats.target->dropped));
    target.Set("failed", double(stats.target->failed));
    target.Set("skipped", double(stats.target->skipped));
    if (stats.target->error != 0) target.Set("error", std::strerror(stats.target->error));
    object.Set("target", target);
  }
  if (!stats.error.empty()) object.Set("error", stats.error);
  return object;
}

// takeCounters(limit: number): NativeSflowCounters[] — what exporters count beside flows, the oldest first.
Napi::Value LiveCapture::TakeCounters(const Napi::CallbackInfo& info) {
  const size_t limit = info.Length() > 0 && info[0].IsNumber() ? info[0].As<Napi::Number>().Uint32Value() : 100;
  auto taken = Napi::Array::New(info.Env());
  for (const capture::SflowCounters& counters : Capture(info).TakeCounters(limit)) {
    Napi::HandleScope scope(info.Env());
    auto values = Napi::Object::New(info.Env());
    for (const auto& [name, value] : counters.values) values.Set(name, double(value));
    auto object = Napi::Object::New(info.Env());
    object.Set("kind", NameOf(counters.kind));
    if (counters.kind == capture::SflowCounters::Kind::kInterface) object.Set("interface", counters.interface);
    object.Set("values", values);
    taken.Set(taken.Length(), object);
  }
  return taken;
}

// stop(): void — ends all flows; what is left can be taken.
void LiveCapture::Stop(const Napi::CallbackInfo& info) { Capture(info).Stop(); }

// open(): Promise<void> — starts a deferred capture; the kernel takes some 10 ms for that.
Napi::Value LiveCapture::Open(const Napi::CallbackInfo& info) {
  if (!open_ || begun_ || opening_) throw Napi::Error::New(info.Env(), "the capture: it is open or closed");
  opening_ = true;
  return Job::Start(
      info.This().As<Napi::Object>(),
      [running = running_, begin = std::move(begin_), notify = Notify()] {
        running->capture = begin(running->ports, notify);
      },
      [this](bool begun) {
        opening_ = false;
        begun_ = begun;
        if (!begun) Close();
      });
}

// end(): Promise<void> — as stop(), off the thread of JavaScript: many flows take their time.
Napi::Value LiveCapture::End(const Napi::CallbackInfo& info) {
  Capture(info);
  return Job::Start(
      info.This().As<Napi::Object>(),
      [running = running_] {
        running->capture->Settle();
        running->capture->Stop();
      },
      [](bool) {});
}

}  // namespace skydive::addon
