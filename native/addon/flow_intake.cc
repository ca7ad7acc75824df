// SPDX-License-Identifier: Apache-2.0
// Class FlowIntake: flow/intake.h and capture/flow_receiver.h for JavaScript.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "addon/addon.h"
#include "addon/flow_keeper.h"
#include "addon/flow_options.h"
#include "capture/flow_receiver.h"
#include "flow/intake.h"

namespace skydive::addon {
namespace {

// An intake with what feeds it and what keeps its flows; they end together.
struct Parts {
  std::shared_ptr<flow::FlowKeeper> keeper;
  std::unique_ptr<flow::Intake> intake;
  std::unique_ptr<capture::FlowReceiver> receiver;

  void Stop() {
    receiver.reset();
    intake->Stop();
  }
};

// Waits for the queue to be worked off, away from the thread of JavaScript.
class DrainWorker : public Napi::AsyncWorker {
 public:
  DrainWorker(Napi::Env env, std::shared_ptr<Parts> parts)
      : Napi::AsyncWorker(env, "flow intake"),
        parts_(std::move(parts)),
        deferred_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 private:
  void Execute() override { parts_->intake->Drain(); }
  void OnOK() override { deferred_.Resolve(Env().Undefined()); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  std::shared_ptr<Parts> parts_;
  Napi::Promise::Deferred deferred_;
};

class FlowIntake : public Napi::ObjectWrap<FlowIntake> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "FlowIntake",
        {InstanceMethod<&FlowIntake::Listen>("listen"), InstanceMethod<&FlowIntake::Put>("put"),
         InstanceMethod<&FlowIntake::Want>("want"), InstanceMethod<&FlowIntake::Take>("take"),
         InstanceMethod<&FlowIntake::Counters>("counters"), InstanceMethod<&FlowIntake::Drain>("drain"),
         InstanceMethod<&FlowIntake::CloseIt>("close")});
  }

  // new FlowIntake(options, ready: () => void): see NativeFlowIntakeOptions in src/native/flow-intake.ts.
  explicit FlowIntake(const Napi::CallbackInfo& info) : Napi::ObjectWrap<FlowIntake>(info) {
    if (info.Length() < 2 || !info[0].IsObject() || !info[1].IsFunction()) {
      throw Napi::TypeError::New(info.Env(), "FlowIntake: options and a function are needed");
    }
    const auto object = info[0].As<Napi::Object>();
    flow::IntakeOptions options;
    options.max_flows = size_t(std::max<int64_t>(1, Number(object, "maxFlows", 100000)));
    options.bulk_flows = size_t(std::max<int64_t>(1, Number(object, "bulkFlows", 100)));
    options.bulk_delay_ms = std::max<int64_t>(0, Number(object, "bulkDelayMs", 5000));
    parts_ = std::make_shared<Parts>();
    parts_->keeper = KeeperOf(object.Get("store"));
    function_ = Napi::ThreadSafeFunction::New(info.Env(), info[1].As<Napi::Function>(), "intake", 0, 1);
    // An intake does not keep the process alive, and its threads end before the environment does.
    function_.Unref(info.Env());
    napi_add_env_cleanup_hook(info.Env(), &FlowIntake::AtTeardown, this);
    env_ = info.Env();
    open_ = true;
    parts_->intake = std::make_unique<flow::Intake>(
        options, parts_->keeper.get(), [function = function_, closed = closed_] {
          function.NonBlockingCall([closed](Napi::Env env, Napi::Function callback) {
            if (env != nullptr && !*closed) Deliver(env, callback);
          });
        });
  }

  ~FlowIntake() override { Close(); }

 private:
  static void AtTeardown(void* self) {
    auto* intake = static_cast<FlowIntake*>(self);
    intake->hooked_ = false;
    intake->Close();
  }

  void Close() {
    if (!open_) return;
    open_ = false;
    *closed_ = true;
    parts_->Stop();
    function_.Release();
    if (hooked_) napi_remove_env_cleanup_hook(env_, &FlowIntake::AtTeardown, this);
  }

  // listen(address: string, port: number): number — takes flows over UDP; the port that was bound.
  Napi::Value Listen(const Napi::CallbackInfo& info) {
    if (info.Length() < 2 || !info[0].IsString() || !info[1].IsNumber()) {
      throw Napi::TypeError::New(info.Env(), "FlowIntake.listen: an address and a port are needed");
    }
    if (!open_) throw Napi::Error::New(info.Env(), "FlowIntake: it is closed");
    try {
      parts_->receiver = std::make_unique<capture::FlowReceiver>(
          info[0].As<Napi::String>().Utf8Value(), uint16_t(info[1].As<Napi::Number>().Uint32Value()),
          *parts_->intake);
    } catch (const std::exception& failure) {
      throw Napi::Error::New(info.Env(), failure.what());
    }
    return Napi::Number::New(info.Env(), parts_->receiver->port());
  }

  // put(message: Uint8Array): void — a serialized Message.
  void Put(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsTypedArray()) {
      throw Napi::TypeError::New(info.Env(), "FlowIntake.put: bytes are needed");
    }
    const auto bytes = info[0].As<Napi::Uint8Array>();
    parts_->intake->Put(std::string_view(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength()));
  }

  // want(wanted: boolean): void — whether `take` is to give flows.
  void Want(const Napi::CallbackInfo& info) { parts_->intake->Want(info[0].ToBoolean()); }

  // take(): { bulks: Buffer[], stats: Buffer[] } — `ready` is called again when there is more.
  Napi::Value Take(const Napi::CallbackInfo& info) {
    const flow::IntakeOutput output = parts_->intake->Take();
    auto object = Napi::Object::New(info.Env());
    object.Set("bulks", Buffers(info.Env(), output.bulks));
    object.Set("stats", Buffers(info.Env(), output.stats));
    return object;
  }

  static Napi::Array Buffers(Napi::Env env, const std::vector<std::string>& texts) {
    auto buffers = Napi::Array::New(env, texts.size());
    for (size_t i = 0; i < texts.size(); ++i) {
      Napi::HandleScope scope(env);
      buffers.Set(uint32_t(i), Napi::Buffer<char>::Copy(env, texts[i].data(), texts[i].size()));
    }
    return buffers;
  }

  // counters(): see NativeFlowIntakeCounters.
  Napi::Value Counters(const Napi::CallbackInfo& info) {
    const flow::IntakeCounters counters = parts_->intake->counters();
    auto object = Napi::Object::New(info.Env());
    object.Set("messages", double(counters.messages));
    object.Set("malformed", double(counters.malformed));
    object.Set("flows", double(counters.flows));
    object.Set("dropped", double(counters.dropped));
    object.Set("handled", double(counters.handled));
    object.Set("waiting", double(counters.waiting));
    object.Set("stats", double(counters.stats));
    object.Set("unsent", double(counters.unsent));
    object.Set("datagrams", double(parts_->receiver ? parts_->receiver->datagrams() : 0));
    object.Set("kernelDropped", double(parts_->receiver ? parts_->receiver->Dropped() : 0));
    return object;
  }

  // drain(): Promise<void> — all that was put before is stored.
  Napi::Value Drain(const Napi::CallbackInfo& info) {
    auto* worker = new DrainWorker(info.Env(), parts_);
    const auto promise = worker->promise();
    worker->Queue();
    return promise;
  }

  // close(): void — works off what waits and ends.
  void CloseIt(const Napi::CallbackInfo&) { Close(); }

  std::shared_ptr<Parts> parts_;
  Napi::ThreadSafeFunction function_;
  // Read and written on the thread of JavaScript only.
  std::shared_ptr<bool> closed_ = std::make_shared<bool>(false);
  napi_env env_ = nullptr;
  bool open_ = false;
  bool hooked_ = true;
};

}  // namespace

void InitFlowIntake(Napi::Env env, Napi::Object exports) {
  exports.Set("FlowIntake", FlowIntake::Define(env));
}

}  // namespace skydive::addon
