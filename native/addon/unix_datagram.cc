// SPDX-License-Identifier: Apache-2.0
// Class UnixDatagram: sends messages to a datagram socket of the Unix domain without waiting.
#include "kernel/unix_datagram.h"

#include <memory>
#include <string>
#include <system_error>

#include "addon/addon.h"

namespace skydive::addon {
namespace {

class UnixDatagram : public Napi::ObjectWrap<UnixDatagram> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "UnixDatagram",
                       {InstanceMethod<&UnixDatagram::Send>("send"), InstanceMethod<&UnixDatagram::Close>("close")});
  }

  explicit UnixDatagram(const Napi::CallbackInfo& info) : Napi::ObjectWrap<UnixDatagram>(info) {
    if (info.Length() < 1 || !info[0].IsString()) {
      throw Napi::TypeError::New(info.Env(), "UnixDatagram: the path must be a string");
    }
    try {
      socket_ = std::make_unique<kernel::UnixDatagram>(info[0].As<Napi::String>().Utf8Value());
    } catch (const std::system_error& error) {
      throw Napi::Error::New(info.Env(), error.what());
    }
  }

 private:
  // send(message: string): boolean — false when the receiver takes nothing now; throws when it is gone.
  Napi::Value Send(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsString()) {
      throw Napi::TypeError::New(info.Env(), "UnixDatagram.send: the message must be a string");
    }
    if (!socket_) throw Napi::Error::New(info.Env(), "UnixDatagram.send: the socket is closed");
    try {
      return Napi::Boolean::New(info.Env(), socket_->Send(info[0].As<Napi::String>().Utf8Value()));
    } catch (const std::system_error& error) {
      throw Napi::Error::New(info.Env(), error.what());
    }
  }

  void Close(const Napi::CallbackInfo&) { socket_.reset(); }

  std::unique_ptr<kernel::UnixDatagram> socket_;
};

}  // namespace

void InitUnixDatagram(Napi::Env env, Napi::Object exports) {
  exports.Set("UnixDatagram", UnixDatagram::Define(env));
}

}  // namespace skydive::addon
