// SPDX-License-Identifier: Apache-2.0
// Function setLinkUp: sets an interface up, in any namespace.
#include "kernel/link_up.h"

#include <string>
#include <system_error>

#include "addon/addon.h"

namespace skydive::addon {
namespace {

// setLinkUp(interface: string, namespacePath?: string): void — throws when the kernel refuses.
void SetLinkUp(const Napi::CallbackInfo& info) {
  const bool elsewhere = info.Length() > 1 && !info[1].IsUndefined();
  if (info.Length() < 1 || !info[0].IsString() || (elsewhere && !info[1].IsString())) {
    throw Napi::TypeError::New(info.Env(), "setLinkUp: the interface must be a string, the path of a namespace too");
  }
  const std::string path = elsewhere ? info[1].As<Napi::String>().Utf8Value() : "";
  try {
    kernel::SetLinkUp(info[0].As<Napi::String>().Utf8Value(), path);
  } catch (const std::system_error& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
}

}  // namespace

void InitLinkUp(Napi::Env env, Napi::Object exports) {
  exports.Set("setLinkUp", Napi::Function::New(env, SetLinkUp));
}

}  // namespace skydive::addon
