// SPDX-License-Identifier: Apache-2.0
// Class Regexp: RE2 search, linear in the length of the text, so that no user pattern can stall the process.
#include <re2/re2.h>

#include <memory>
#include <string>

#include "addon/addon.h"

namespace skydive::addon {
namespace {

// Bounds the memory of one compiled pattern; larger ones are refused with an error.
constexpr int64_t kMaxPatternMemory = 8 << 20;

class Regexp : public Napi::ObjectWrap<Regexp> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "Regexp",
                       {InstanceMethod<&Regexp::Test>("test"), InstanceMethod<&Regexp::TestAll>("testAll")});
  }

  explicit Regexp(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Regexp>(info) {
    if (info.Length() < 1 || !info[0].IsString()) {
      throw Napi::TypeError::New(info.Env(), "Regexp: the pattern must be a string");
    }
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxPatternMemory);
    pattern_ = std::make_unique<RE2>(info[0].As<Napi::String>().Utf8Value(), options);
    if (!pattern_->ok()) throw Napi::Error::New(info.Env(), pattern_->error());
  }

 private:
  bool Matches(const Napi::Value& text) {
    return text.IsString() && RE2::PartialMatch(text.As<Napi::String>().Utf8Value(), *pattern_);
  }

  // test(text: string): boolean — unanchored search.
  Napi::Value Test(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), info.Length() > 0 && Matches(info[0]));
  }

  // testAll(texts: string[]): Uint8Array — 1 where the text matches, 0 elsewhere (also for what is no string).
  Napi::Value TestAll(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsArray()) {
      throw Napi::TypeError::New(info.Env(), "Regexp.testAll: an array of strings is needed");
    }
    auto texts = info[0].As<Napi::Array>();
    auto result = Napi::Uint8Array::New(info.Env(), texts.Length());
    for (uint32_t i = 0; i < texts.Length(); ++i) {
      Napi::HandleScope scope(info.Env());
      result[i] = Matches(texts.Get(i)) ? 1 : 0;
    }
    return result;
  }

  std::unique_ptr<RE2> pattern_;
};

}  // namespace

void InitRegexp(Napi::Env env, Napi::Object exports) { exports.Set("Regexp", Regexp::Define(env)); }

}  // namespace skydive::addon
