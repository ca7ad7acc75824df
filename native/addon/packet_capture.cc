// SPDX-License-Identifier: Apache-2.0
// Class PacketCapture: capture/packet_capture.h for JavaScript.
#include "capture/packet_capture.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "addon/addon.h"
#include "addon/flow_options.h"
#include "addon/flow_query.h"
#include "capture/packet_filter.h"
#include "flow/encode.h"

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

// Shared with what goes on off the thread of JavaScript.
struct Running {
  layers::UdpPorts ports;
  std::optional<capture::PacketCapture> capture;
};

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
      : Napi::AsyncWorker(object.Env(), "PacketCapture"),
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

class PacketCapture : public Napi::ObjectWrap<PacketCapture> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "PacketCapture",
        {InstanceMethod<&PacketCapture::Take>("take"), InstanceMethod<&PacketCapture::Flows>("flows"),
         InstanceMethod<&PacketCapture::Query>("query"), InstanceMethod<&PacketCapture::Stats>("stats"),
         InstanceMethod<&PacketCapture::Stop>("stop"), InstanceMethod<&PacketCapture::Open>("open"),
         InstanceMethod<&PacketCapture::End>("end")});
  }

  // new PacketCapture(options, ready: () => void): see NativePacketCaptureOptions in
  // src/native/packetCapture.ts.
  explicit PacketCapture(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PacketCapture>(info) {
    if (info.Length() < 2 || !info[0].IsObject() || !info[1].IsFunction()) {
      throw Napi::TypeError::New(info.Env(), "PacketCapture: options and a function are needed");
    }
    const auto object = info[0].As<Napi::Object>();
    capture::CaptureOptions options;
    const FirstLayer first = FirstLayerOf(Text(object, "encapType"));
    options.first = first.protocol;
    options.flow = FlowOptionsOf(object);
    options.update_ms = std::max<int64_t>(1, Number(object, "updateMs", options.update_ms));
    options.expire_ms = std::max<int64_t>(1, Number(object, "expireMs", options.expire_ms));
    options.flows_per_message = size_t(Number(object, "flowsPerMessage", 10));
    options.ring.interface = Text(object, "interface");
    options.ring.namespace_path = Text(object, "namespacePath");
    options.ring.promiscuous = IsTrue(object, "promiscuous");
    options.ring.ring_bytes =
        size_t(std::max<int64_t>(0, Number(object, "ringBytes", int64_t(options.ring.ring_bytes))));
    running_ = std::make_shared<Running>();
    AddPorts(object, running_->ports);
    function_ = Napi::ThreadSafeFunction::New(info.Env(), info[1].As<Napi::Function>(), "capture", 0, 1);
    // A capture does not keep the process alive, and its thread ends before the environment does.
    function_.Unref(info.Env());
    napi_add_env_cleanup_hook(info.Env(), &PacketCapture::AtTeardown, this);
    env_ = info.Env();
    open_ = true;
    try {
      options.ring.filter = Filter(object, first.link_type);
      options_ = std::move(options);
      if (IsTrue(object, "deferred")) return;
      Begin(*running_, std::move(options_), Notify());
      begun_ = true;
    } catch (const std::exception& failure) {
      Close();
      throw Napi::Error::New(info.Env(), failure.what());
    }
  }

  ~PacketCapture() override { Close(); }

 private:
  static void AtTeardown(void* self) {
    auto* capture = static_cast<PacketCapture*>(self);
    capture->hooked_ = false;
    capture->Close();
  }

  static void Begin(Running& running, capture::CaptureOptions options, capture::PacketCapture::Notify notify) {
    running.capture.emplace(std::move(options), running.ports, std::move(notify));
  }

  capture::PacketCapture::Notify Notify() const {
    return [function = function_, closed = closed_] {
      function.NonBlockingCall([closed](Napi::Env env, Napi::Function callback) {
        if (env != nullptr && !*closed) Deliver(env, callback);
      });
    };
  }

  void Close() {
    // While it is being opened another thread has it, which keeps this object until then.
    if (!open_ || opening_) return;
    open_ = false;
    begun_ = false;
    *closed_ = true;
    // A query may hold on to it, but no thread may call back any more.
    if (running_->capture) running_->capture->Stop();
    running_.reset();
    function_.Release();
    if (hooked_) napi_remove_env_cleanup_hook(env_, &PacketCapture::AtTeardown, this);
  }

  capture::PacketCapture& Capture(const Napi::CallbackInfo& info) {
    if (!begun_) throw Napi::Error::New(info.Env(), "PacketCapture: it is not open");
    return *running_->capture;
  }

  // take(limit: number): Buffer[] — messages that wait.
  Napi::Value Take(const Napi::CallbackInfo& info) {
    const size_t limit =
        info.Length() > 0 && info[0].IsNumber() ? info[0].As<Napi::Number>().Uint32Value() : 1000;
    auto buffers = Napi::Array::New(info.Env());
    for (const std::string& message : Capture(info).Take(limit)) {
      Napi::HandleScope scope(info.Env());
      buffers.Set(buffers.Length(), Napi::Buffer<char>::Copy(info.Env(), message.data(), message.size()));
    }
    return buffers;
  }

  // flows(): Buffer — all flows of the table as a JSON array.
  Napi::Value Flows(const Napi::CallbackInfo& info) {
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

  // query(searchQuery: Uint8Array): Promise<Buffer> — the flows of the table that pass, as a serialized
  // FlowSet.
  Napi::Value Query(const Napi::CallbackInfo& info) {
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
  Napi::Value Stats(const Napi::CallbackInfo& info) {
    const capture::CaptureStats stats = Capture(info).Stats();
    auto object = Napi::Object::New(info.Env());
    object.Set("packetsReceived", double(stats.ring.received));
    object.Set("packetsDropped", double(stats.ring.dropped));
    object.Set("packets", double(stats.table.packets));
    object.Set("flowCount", double(stats.table.flow_count));
    object.Set("flowDropped", double(stats.table.flow_dropped));
    object.Set("messagesDropped", double(stats.messages_dropped));
    if (!stats.error.empty()) object.Set("error", stats.error);
    return object;
  }

  // stop(): void — ends all flows; what is left can be taken.
  void Stop(const Napi::CallbackInfo& info) { Capture(info).Stop(); }

  // open(): Promise<void> — starts a deferred capture; the kernel takes some 10 ms for that.
  Napi::Value Open(const Napi::CallbackInfo& info) {
    if (!open_ || begun_ || opening_) throw Napi::Error::New(info.Env(), "PacketCapture: it is open or closed");
    opening_ = true;
    return Job::Start(
        info.This().As<Napi::Object>(),
        [running = running_, options = std::move(options_), notify = Notify()] {
          Begin(*running, options, notify);
        },
        [this](bool begun) {
          opening_ = false;
          begun_ = begun;
          if (!begun) Close();
        });
  }

  // end(): Promise<void> — as stop(), off the thread of JavaScript: many flows take their time.
  Napi::Value End(const Napi::CallbackInfo& info) {
    Capture(info);
    return Job::Start(
        info.This().As<Napi::Object>(), [running = running_] { running->capture->Stop(); }, [](bool) {});
  }

  capture::CaptureOptions options_;

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

}  // namespace

void InitPacketCapture(Napi::Env env, Napi::Object exports) {
  exports.Set("PacketCapture", PacketCapture::Define(env));
}

}  // namespace skydive::addon
