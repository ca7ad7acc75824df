// SPDX-License-Identifier: Apache-2.0
// Object ProcessGuard: what this process gives up before it goes to work.
#include "kernel/process_guard.h"

#include <cstdint>
#include <system_error>

#include "addon/addon.h"

namespace skydive::addon {
namespace {

// forbidCoreDumps(): void
void ForbidCoreDumps(const Napi::CallbackInfo& info) {
  try {
    kernel::ForbidCoreDumps();
  } catch (const std::system_error& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
}

// keepCapabilities(keep: bigint): void — a bit for each number of capabilities(7).
void KeepCapabilities(const Napi::CallbackInfo& info) {
  if (info.Length() < 1 || !info[0].IsBigInt()) {
    throw Napi::TypeError::New(info.Env(), "ProcessGuard.keepCapabilities: a bigint is needed");
  }
  bool lossless = false;
  const uint64_t keep = info[0].As<Napi::BigInt>().Uint64Value(&lossless);
  try {
    kernel::KeepCapabilities(keep);
  } catch (const std::system_error& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
}

}  // namespace

void InitProcessGuard(Napi::Env env, Napi::Object exports) {
  auto guard = Napi::Object::New(env);
  guard.Set("forbidCoreDumps", Napi::Function::New(env, ForbidCoreDumps));
  guard.Set("keepCapabilities", Napi::Function::New(env, KeepCapabilities));
  exports.Set("ProcessGuard", guard);
}

}  // namespace skydive::addon
