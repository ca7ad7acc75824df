// SPDX-License-Identifier: Apache-2.0
// Class Regexp: RE2 search, linear in the length of the text, so that no user pattern can stall the process.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "addon/addon.h"

namespace skydive::addon {
namespace {

// Bounds the memory of one compiled pattern; larger ones are refused with an error.
constexpr int64_t kMaxPatternMemory = 8 << 20;
constexpr uint32_t kTextsInScope = 1024;

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
  // Reads the text into `buffer_`, which serves all texts, as one allocation each would cost more than the search.
  bool Matches(napi_env env, napi_value text) {
    size_t length = 0;
    if (napi_get_value_string_utf8(env, text, buffer_.data(), buffer_.size(), &length) != napi_ok) return false;
    // One byte is the terminator and a character is never cut: this close to the end there may be more.
    if (length + 4 >= buffer_.size()) {
      if (napi_get_value_string_utf8(env, text, nullptr, 0, &length) != napi_ok) return false;
      std::string whole(length + 1, '\0');
      napi_get_value_string_utf8(env, text, whole.data(), whole.size(), &length);
      return Search({whole.data(), length});
    }
    return Search({buffer_.data(), length});
  }

  bool Search(re2::StringPiece text) const {
    return pattern_->Match(text, 0, text.size(), RE2::UNANCHORED, nullptr, 0);
  }

  // test(text: string): boolean — unanchored search.
  Napi::Value Test(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), info.Length() > 0 && Matches(info.Env(), info[0]));
  }

  // testAll(texts: string[]): Uint8Array — 1 where the text matches, 0 elsewhere (also for what is no string).
  Napi::Value TestAll(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsArray()) {
      throw Napi::TypeError::New(info.Env(), "Regexp.testAll: an array of strings is needed");
    }
    napi_env env = info.Env();
    napi_value texts = info[0];
    uint32_t count = info[0].As<Napi::Array>().Length();
    auto result = Napi::Uint8Array::New(env, count);
    uint8_t* matched = result.Data();
    for (uint32_t next = 0; next < count;) {
      // A scope for many texts: their handles are freed together.
      Napi::HandleScope scope(env);
      for (uint32_t end = std::min(count, next + kTextsInScope); next < end; ++next) {
        napi_value text;
        if (napi_get_element(env, texts, next, &text) != napi_ok) {
          throw Napi::Error::New(env, "Regexp.testAll: cannot read the array");
        }
        matched[next] = Matches(env, text) ? 1 : 0;
      }
    }
    return result;
  }

  std::unique_ptr<RE2> pattern_;
  std::array<char, 4096> buffer_;
};

}  // namespace

void InitRegexp(Napi::Env env, Napi::Object exports) { exports.Set("Regexp", Regexp::Define(env)); }

}  // namespace skydive::addon
