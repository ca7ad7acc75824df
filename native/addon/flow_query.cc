// SPDX-License-Identifier: Apache-2.0
#include "addon/flow_query.h"

#include <utility>

namespace skydive::addon {

flow::Search SearchOf(const Napi::CallbackInfo& info) {
  if (info.Length() < 1 || !info[0].IsTypedArray()) {
    throw Napi::TypeError::New(info.Env(), "query: a serialized SearchQuery is needed");
  }
  const auto bytes = info[0].As<Napi::Uint8Array>();
  std::optional<flow::Search> search =
      flow::ParseSearch({reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength()});
  if (!search)
    throw Napi::Error::New(info.Env(), "query: no SearchQuery, or one too large to be searched by");
  return std::move(*search);
}

Napi::Promise FlowQuery::Start(Napi::Env env, flow::Search search, Answer answer) {
  auto* worker = new FlowQuery(env, std::move(search), std::move(answer));
  const Napi::Promise promise = worker->deferred_.Promise();
  worker->Queue();
  return promise;
}

FlowQuery::FlowQuery(Napi::Env env, flow::Search search, Answer answer)
    : Napi::AsyncWorker(env),
      search_(std::move(search)),
      answer_(std::move(answer)),
      deferred_(Napi::Promise::Deferred::New(env)) {}

void FlowQuery::Execute() { flows_ = answer_(search_); }

void FlowQuery::OnOK() {
  // What the answer held on to may go now, on the thread of JavaScript.
  answer_ = nullptr;
  // Not copied: a large table answers with a hundred megabytes.
  auto* flows = new std::string(std::move(flows_));
  const auto free = [](Napi::Env, char*, std::string* held) { delete held; };
  deferred_.Resolve(Napi::Buffer<char>::NewOrCopy(Env(), flows->data(), flows->size(), free, flows));
}

void FlowQuery::OnError(const Napi::Error& error) { deferred_.Reject(error.Value()); }

}  // namespace skydive::addon
