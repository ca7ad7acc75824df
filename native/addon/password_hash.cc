// SPDX-License-Identifier: Apache-2.0
// Function bcrypt: hashing that is meant to be slow, on a thread of the pool. By the system's crypt(3), which every
// distribution has (libcrypt1, libxcrypt); it is opened at the first use, so nobody else needs it.
#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "addon/addon.h"

namespace skydive::addon {
namespace {

// char* crypt_r(const char* phrase, const char* setting, struct crypt_data* data), crypt(3).
using CryptR = char* (*)(const char*, const char*, void*);
// sizeof(struct crypt_data): 32,768 in libxcrypt, 131,232 in the glibc of old.
constexpr std::size_t kCryptDataBytes = 131'232;

CryptR FindCrypt() {
  static std::once_flag once;
  static CryptR found = nullptr;
  std::call_once(once, [] {
    for (const char* name : {"libcrypt.so.1", "libcrypt.so.2"}) {
      void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
      if (library == nullptr) continue;
      found = reinterpret_cast<CryptR>(dlsym(library, "crypt_r"));
      if (found != nullptr) return;
    }
  });
  return found;
}

class Bcrypt : public Napi::AsyncWorker {
 public:
  Bcrypt(Napi::Env env, std::string password, std::string setting)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        password_(std::move(password)),
        setting_(std::move(setting)) {}

  Napi::Promise Promise() { return deferred_.Promise(); }

 protected:
  void Execute() override {
    const CryptR crypt = FindCrypt();
    if (crypt == nullptr) {
      SetError("libcrypt.so.1 is not installed: add the package libcrypt1 (Debian) or libxcrypt (Fedora)");
      return;
    }
    auto data = std::make_unique<std::byte[]>(kCryptDataBytes);
    const char* made = crypt(password_.c_str(), setting_.c_str(), data.get());
    // A failure is a null pointer or a text that begins with an asterisk: the setting is of no use.
    if (made != nullptr && made[0] != '*') hash_ = made;
    std::fill(password_.begin(), password_.end(), '\0');
  }

  void OnOK() override { deferred_.Resolve(Napi::String::New(Env(), hash_)); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::string password_;
  std::string setting_;
  std::string hash_;
};

// bcrypt(password: string, setting: string): Promise<string> — the hash of a password with the prefix, cost and salt of
// another hash; empty when that is none.
Napi::Value HashBcrypt(const Napi::CallbackInfo& info) {
  if (info.Length() < 2 || !info[0].IsString() || !info[1].IsString()) {
    throw Napi::TypeError::New(info.Env(), "bcrypt: password and setting must be strings");
  }
  auto* worker = new Bcrypt(info.Env(), info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::String>().Utf8Value());
  Napi::Promise promise = worker->Promise();
  worker->Queue();
  return promise;
}

}  // namespace

void InitPasswordHash(Napi::Env env, Napi::Object exports) {
  exports.Set("bcrypt", Napi::Function::New(env, HashBcrypt));
}

}  // namespace skydive::addon
