// SPDX-License-Identifier: Apache-2.0
// Searches of flow tables for JavaScript: what a query asks, and an answer that is made off its thread.
#pragma once

#include <functional>
#include <string>

#include "addon/node_api.h"
#include "flow/query.h"

namespace skydive::addon {

// The first argument, a serialized SearchQuery. Throws a TypeError when it is no bytes, an Error when it is
// none.
flow::Search SearchOf(const Napi::CallbackInfo& info);

class FlowQuery : public Napi::AsyncWorker {
 public:
  using Answer = std::function<std::string(const flow::Search&)>;

  // A promise of what `answer`, called on another thread, returns.
  static Napi::Promise Start(Napi::Env env, flow::Search search, Answer answer);

 private:
  FlowQuery(Napi::Env env, flow::Search search, Answer answer);
  void Execute() override;
  void OnOK() override;
  void OnError(const Napi::Error& error) override;

  const flow::Search search_;
  Answer answer_;
  std::string flows_;
  Napi::Promise::Deferred deferred_;
};

}  // namespace skydive::addon
