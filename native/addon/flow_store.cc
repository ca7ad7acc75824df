// SPDX-License-Identifier: Apache-2.0
// Class FlowStore: flow/store/store.h for JavaScript. Whatever may take long runs on a thread of the pool.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "addon/addon.h"
#include "addon/flow_columns.h"
#include "addon/flow_keeper.h"
#include "addon/flow_options.h"
#include "flow/store/aggregate.h"
#include "flow/store/search.h"
#include "flow/store/store.h"

namespace skydive::addon {
namespace {

using flow::store::Bounds;
using flow::store::Cancelled;
using flow::store::FoundFlows;
using flow::store::FoundItems;
using flow::store::Store;
using Token = std::shared_ptr<Cancelled>;

// What was found, of either kind.
struct Answer {
  std::unique_ptr<FoundFlows> flows;
  std::unique_ptr<FoundItems> items;

  size_t count() const { return flows ? flows->count() : items->count(); }
  size_t Encode(size_t from, size_t bytes, std::string& out) const {
    return flows ? flows->Encode(from, bytes, out) : items->Encode(from, bytes, out);
  }
};
using AnswerPointer = std::shared_ptr<Answer>;

// Runs `work` on the pool, and `done` with its result on the thread of JavaScript, to resolve a promise.
template <typename Result>
class Task : public Napi::AsyncWorker {
 public:
  using Done = std::function<Napi::Value(Napi::Env, Result&)>;

  Task(Napi::Env env, std::function<Result()> work, Done done)
      : Napi::AsyncWorker(env, "flow store"),
        work_(std::move(work)),
        done_(std::move(done)),
        deferred_(Napi::Promise::Deferred::New(env)) {}

  static Napi::Value Run(Napi::Env env, std::function<Result()> work, Done done) {
    auto* task = new Task(env, std::move(work), std::move(done));
    const Napi::Promise promise = task->deferred_.Promise();
    task->Queue();
    return promise;
  }

 private:
  void Execute() override {
    try {
      result_ = work_();
    } catch (const std::exception& failure) {
      SetError(failure.what());
    }
  }
  void OnOK() override { deferred_.Resolve(done_(Env(), result_)); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  std::function<Result()> work_;
  Done done_;
  Result result_{};
  Napi::Promise::Deferred deferred_;
};

Napi::Value Nothing(Napi::Env env, bool&) { return env.Undefined(); }

template <typename T>
Napi::External<T> Handle(Napi::Env env, T value) {
  return Napi::External<T>::New(env, new T(std::move(value)), [](Napi::Env, T* held) { delete held; });
}

class FlowStore : public Napi::ObjectWrap<FlowStore> {
 public:
  static Napi::Function Define(Napi::Env env) {
    const auto function = DefineClass(
        env, "FlowStore",
        {InstanceMethod<&FlowStore::Open>("open"), InstanceMethod<&FlowStore::Search>("search"),
         InstanceMethod<&FlowStore::Items>("items"), InstanceMethod<&FlowStore::Read>("read"),
         InstanceMethod<&FlowStore::Count>("count"), InstanceMethod<&FlowStore::Sum>("sum"),
         InstanceMethod<&FlowStore::Columns>("columns"), InstanceMethod<&FlowStore::MakeToken>("token"),
         InstanceMethod<&FlowStore::Cancel>("cancel"), InstanceMethod<&FlowStore::Flush>("flush"),
         InstanceMethod<&FlowStore::Retain>("retain"), InstanceMethod<&FlowStore::Status>("status"),
         InstanceMethod<&FlowStore::Complaints>("complaints"), InstanceMethod<&FlowStore::CloseIt>("close")});
    return function;
  }

  // new FlowStore(options): see NativeFlowStoreOptions in src/native/flow-store.ts.
  explicit FlowStore(const Napi::CallbackInfo& info) : Napi::ObjectWrap<FlowStore>(info) {
    if (info.Length() < 1 || !info[0].IsObject()) {
      throw Napi::TypeError::New(info.Env(), "FlowStore: options are needed");
    }
    const auto object = info[0].As<Napi::Object>();
    options_.folder = Text(object, "folder");
    options_.window_flows = uint32_t(Number(object, "windowFlows", options_.window_flows));
    options_.window_ms = Number(object, "windowMs", options_.window_ms);
    options_.max_age_ms = Number(object, "maxAgeMs", 0);
    options_.max_bytes = uint64_t(Number(object, "maxBytes", 0));
    options_.now_ms = [] {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    };
    info.This().As<Napi::Object>().TypeTag(&kTag);
  }

  static std::shared_ptr<flow::FlowKeeper> KeeperOf(Napi::Value value) {
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) return nullptr;
    return Unwrap(value.As<Napi::Object>())->store_;
  }

 private:
  static constexpr napi_type_tag kTag = {0x1c9f0b6f7a9f4a51, 0x9d3c5be0a8d2744e};
  // What one call of `read` gives, in texts of a fraction of it.
  static constexpr size_t kReadBytes = 1 << 20;

  std::shared_ptr<Store> Opened(const Napi::CallbackInfo& info) {
    if (!store_) throw Napi::Error::New(info.Env(), "FlowStore: it is not open");
    return store_;
  }

  // open(): Promise<void> — rejects with what is wrong with the folder.
  Napi::Value Open(const Napi::CallbackInfo& info) {
    using Result = std::shared_ptr<Store>;
    return Task<Result>::Run(
        info.Env(), [options = options_] { return std::make_shared<Store>(options); },
        [this, self = std::make_shared<Napi::ObjectReference>(Napi::Persistent(Value()))](Napi::Env env,
                                                                                          Result& store) {
          store_ = std::move(store);
          return env.Undefined();
        });
  }

  static Bounds BoundsOf(const Napi::CallbackInfo& info, size_t first) {
    return {info[first].As<Napi::Number>().Int64Value(), info[first + 1].As<Napi::Number>().Int64Value(),
            size_t(info[first + 2].As<Napi::Number>().Int64Value())};
  }
  static Bounds TimesOf(const Napi::CallbackInfo& info, size_t first) {
    return {info[first].As<Napi::Number>().Int64Value(), info[first + 1].As<Napi::Number>().Int64Value(),
            SIZE_MAX};
  }
  static flow::Field FieldAt(const Napi::Value& name) {
    return flow::FieldOf(name.As<Napi::String>().Utf8Value());
  }
  static flow::Search Parsed(const std::string& query) {
    auto search = flow::ParseSearch(query);
    if (!search) throw std::runtime_error("the query is malformed or too large");
    return std::move(*search);
  }
  static Token TokenOf(const Napi::Value& value) { return *value.As<Napi::External<Token>>().Data(); }
  static std::string BytesOf(const Napi::Value& value) {
    const auto bytes = value.As<Napi::Uint8Array>();
    return std::string(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
  }
  static Napi::Value Resolve(Napi::Env env, AnswerPointer& answer) {
    auto object = Napi::Object::New(env);
    object.Set("count", double(answer->count()));
    object.Set("handle", Handle(env, answer));
    return object;
  }

  // search(query, fromMs, toMs, most, token): Promise<NativeAnswer> — the query is a serialized SearchQuery.
  Napi::Value Search(const Napi::CallbackInfo& info) {
    return Task<AnswerPointer>::Run(
        info.Env(),
        [store = Opened(info), query = BytesOf(info[0]), bounds = BoundsOf(info, 1),
         token = TokenOf(info[4])] {
          auto answer = std::make_shared<Answer>();
          answer->flows = std::make_unique<FoundFlows>(store->Windows(), Parsed(query), bounds, *token);
          return answer;
        },
        &FlowStore::Resolve);
  }

  // items(what, query, fromMs, toMs, most, token): Promise<NativeAnswer> — of the flows that pass the query's
  // filter.
  Napi::Value Items(const Napi::CallbackInfo& info) {
    const bool packets = info[0].As<Napi::String>().Utf8Value() == "packets";
    return Task<AnswerPointer>::Run(
        info.Env(),
        [store = Opened(info), packets, query = BytesOf(info[1]), bounds = BoundsOf(info, 2),
         token = TokenOf(info[5])] {
          auto answer = std::make_shared<Answer>();
          const auto what = packets ? FoundItems::What::kPackets : FoundItems::What::kMetrics;
          answer->items =
              std::make_unique<FoundItems>(store->Windows(), what, Parsed(query).filter, bounds, *token);
          return answer;
        },
        &FlowStore::Resolve);
  }

  // count(query, fromMs, toMs, token): Promise<number> — how many flows a search would give, without bound.
  Napi::Value Count(const Napi::CallbackInfo& info) {
    return Task<uint64_t>::Run(
        info.Env(),
        [store = Opened(info), query = BytesOf(info[0]), bounds = TimesOf(info, 1),
         token = TokenOf(info[3])] {
          return flow::store::CountFlows(store->Windows(), Parsed(query), bounds, *token);
        },
        [](Napi::Env env, uint64_t& count) -> Napi::Value { return Napi::Number::New(env, double(count)); });
  }

  // sum(field, query, fromMs, toMs, token): Promise<number | string> — an integer field of all flows that a
  // search would give; the UUID of a flow that lacks it when there is one.
  Napi::Value Sum(const Napi::CallbackInfo& info) {
    using flow::store::FieldSum;
    return Task<FieldSum>::Run(
        info.Env(),
        [store = Opened(info), field = FieldAt(info[0]), query = BytesOf(info[1]), bounds = TimesOf(info, 2),
         token = TokenOf(info[4])] {
          return flow::store::SumFlows(store->Windows(), Parsed(query), field, bounds, *token);
        },
        [](Napi::Env env, FieldSum& sum) -> Napi::Value {
          if (!sum.lacking.empty()) return Napi::String::New(env, sum.lacking);
          return Napi::Number::New(env, sum.sum);
        });
  }

  // columns(fields, query, fromMs, toMs, most, token): Promise<NativeFlowColumn[]> — text fields of the flows
  // that a search would give.
  Napi::Value Columns(const Napi::CallbackInfo& info) {
    using Result = std::vector<FlowColumn>;
    const auto names = info[0].As<Napi::Array>();
    std::vector<flow::Field> fields;
    for (uint32_t i = 0; i < names.Length(); ++i) fields.push_back(FieldAt(names.Get(i)));
    return Task<Result>::Run(
        info.Env(),
        [store = Opened(info), fields, query = BytesOf(info[1]), bounds = BoundsOf(info, 2),
         token = TokenOf(info[5])] {
          const auto read = flow::store::ReadColumns(store->Windows(), Parsed(query), fields, bounds, *token);
          return Result(read.begin(), read.end());
        },
        [](Napi::Env env, Result& columns) -> Napi::Value {
          auto list = Napi::Array::New(env, columns.size());
          for (size_t i = 0; i < columns.size(); ++i) list.Set(uint32_t(i), columns[i].Take(env));
          return list;
        });
  }

  // read(handle, from): Promise<{ next: number, texts: Buffer[] }> — JSON arrays of what comes from there on.
  Napi::Value Read(const Napi::CallbackInfo& info) {
    struct Part {
      size_t next = 0;
      std::vector<std::string> texts;
    };
    const AnswerPointer answer = *info[0].As<Napi::External<AnswerPointer>>().Data();
    const auto from = size_t(info[1].As<Napi::Number>().Int64Value());
    return Task<Part>::Run(
        info.Env(),
        [answer, from] {
          Part part{from, {}};
          for (size_t bytes = 0; part.next < answer->count() && bytes < kReadBytes;) {
            part.next = answer->Encode(part.next, kTextBytes, part.texts.emplace_back());
            bytes += part.texts.back().size();
          }
          return part;
        },
        [](Napi::Env env, Part& part) -> Napi::Value {
          auto texts = Napi::Array::New(env, part.texts.size());
          for (size_t i = 0; i < part.texts.size(); ++i) {
            const std::string& text = part.texts[i];
            texts.Set(uint32_t(i), Napi::Buffer<char>::Copy(env, text.data(), text.size()));
          }
          auto object = Napi::Object::New(env);
          object.Set("next", double(part.next));
          object.Set("texts", texts);
          return object;
        });
  }

  // token(): what `cancel` ends searches by.
  Napi::Value MakeToken(const Napi::CallbackInfo& info) {
    return Handle<Token>(info.Env(), std::make_shared<Cancelled>(false));
  }
  // cancel(token): void
  void Cancel(const Napi::CallbackInfo& info) { *TokenOf(info[0]) = true; }

  // flush(): Promise<void> — what was stored would survive a power failure.
  Napi::Value Flush(const Napi::CallbackInfo& info) {
    return Task<bool>::Run(
        info.Env(), [store = Opened(info)] { return store->Flush(), true; }, Nothing);
  }
  // retain(): Promise<void>
  Napi::Value Retain(const Napi::CallbackInfo& info) {
    return Task<bool>::Run(
        info.Env(), [store = Opened(info)] { return store->Retain(), true; }, Nothing);
  }
  // close(): Promise<void>
  Napi::Value CloseIt(const Napi::CallbackInfo& info) {
    return Task<bool>::Run(
        info.Env(), [store = store_] { return store ? (store->Close(), true) : true; }, Nothing);
  }

  // status(): see NativeFlowStoreStatus.
  Napi::Value Status(const Napi::CallbackInfo& info) {
    const flow::store::StoreStatus status = Opened(info)->Status();
    auto object = Napi::Object::New(info.Env());
    object.Set("updates", double(status.updates));
    object.Set("lost", double(status.lost));
    object.Set("errors", double(status.errors));
    if (!status.last_error.empty()) object.Set("lastError", status.last_error);
    object.Set("flows", double(status.flows));
    object.Set("windows", double(status.windows));
    object.Set("bytes", double(status.bytes));
    object.Set("expired", double(status.expired));
    object.Set("damaged", double(status.damaged));
    object.Set("cutBytes", double(status.cut));
    object.Set("oldestMs", double(status.oldest_ms));
    return object;
  }

  // complaints(): string[] — what went wrong since the last call.
  Napi::Value Complaints(const Napi::CallbackInfo& info) {
    auto lines = Napi::Array::New(info.Env());
    for (const std::string& line : Opened(info)->TakeComplaints()) {
      lines.Set(lines.Length(), Napi::String::New(info.Env(), line));
    }
    return lines;
  }

  flow::store::StoreOptions options_;
  std::shared_ptr<Store> store_;
};

}  // namespace

std::shared_ptr<flow::FlowKeeper> KeeperOf(Napi::Value store) { return FlowStore::KeeperOf(store); }

void InitFlowStore(Napi::Env env, Napi::Object exports) { exports.Set("FlowStore", FlowStore::Define(env)); }

}  // namespace skydive::addon
