// SPDX-License-Identifier: Apache-2.0
// Class PacketFilter: a compiled pcap expression.
#include "capture/packet_filter.h"

#include <memory>
#include <stdexcept>

#include "addon/addon.h"

namespace skydive::addon {
namespace {

class PacketFilter : public Napi::ObjectWrap<PacketFilter> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "PacketFilter", {InstanceMethod<&PacketFilter::Test>("test")});
  }

  explicit PacketFilter(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PacketFilter>(info) {
    if (info.Length() < 3 || !info[0].IsString() || !info[1].IsNumber() || !info[2].IsNumber()) {
      throw Napi::TypeError::New(info.Env(), "PacketFilter: an expression, a link type and a length are needed");
    }
    try {
      filter_ = std::make_unique<capture::PacketFilter>(info[0].As<Napi::String>().Utf8Value(),
                                                        info[1].As<Napi::Number>().Int32Value(),
                                                        info[2].As<Napi::Number>().Int32Value());
    } catch (const std::runtime_error& error) {
      throw Napi::Error::New(info.Env(), error.what());
    }
  }

 private:
  // test(packet: Uint8Array): boolean
  Napi::Value Test(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsTypedArray() ||
        info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
      throw Napi::TypeError::New(info.Env(), "PacketFilter.test: the packet must be a Uint8Array");
    }
    auto packet = info[0].As<Napi::Uint8Array>();
    return Napi::Boolean::New(info.Env(), filter_->Matches({packet.Data(), packet.ByteLength()}));
  }

  std::unique_ptr<capture::PacketFilter> filter_;
};

}  // namespace

void InitPacketFilter(Napi::Env env, Napi::Object exports) {
  exports.Set("PacketFilter", PacketFilter::Define(env));
}

}  // namespace skydive::addon
