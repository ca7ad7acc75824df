// SPDX-License-Identifier: Apache-2.0
// Class UdpSender: kernel/udp_sender.h for JavaScript.
#include "kernel/udp_sender.h"

#include <cstring>
#include <memory>
#include <string>

#include "addon/addon.h"
#include "addon/flow_options.h"

namespace skydive::addon {
namespace {

class UdpSender : public Napi::ObjectWrap<UdpSender> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "UdpSender",
                       {InstanceMethod<&UdpSender::Send>("send"), InstanceMethod<&UdpSender::Stats>("stats"),
                        InstanceMethod<&UdpSender::Close>("close")});
  }

  // new UdpSender({ address, port, queueBytes?, datagramsPerSecond? }): see NativeUdpSenderOptions in
  // src/native/udp-sender.ts.
  explicit UdpSender(const Napi::CallbackInfo& info) : Napi::ObjectWrap<UdpSender>(info) {
    if (info.Length() < 1 || !info[0].IsObject()) {
      throw Napi::TypeError::New(info.Env(), "UdpSender: an object of options is needed");
    }
    const auto object = info[0].As<Napi::Object>();
    kernel::UdpSenderOptions options;
    options.address = Text(object, "address");
    options.port = uint16_t(Number(object, "port", 0));
    options.queue_bytes = size_t(Number(object, "queueBytes", int64_t(options.queue_bytes)));
    options.datagrams_per_second =
        uint32_t(Number(object, "datagramsPerSecond", options.datagrams_per_second));
    try {
      sender_ = std::make_unique<kernel::UdpSender>(std::move(options));
    } catch (const std::exception& failure) {
      throw Napi::Error::New(info.Env(), failure.what());
    }
  }

 private:
  kernel::UdpSender& Open(const Napi::CallbackInfo& info) {
    if (!sender_) throw Napi::Error::New(info.Env(), "UdpSender: it is closed");
    return *sender_;
  }

  // send(datagrams: Uint8Array[]): void — queues them; what does not fit pushes out the oldest.
  void Send(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsArray()) {
      throw Napi::TypeError::New(info.Env(), "UdpSender.send: an array of datagrams is needed");
    }
    kernel::UdpSender& sender = Open(info);
    const auto datagrams = info[0].As<Napi::Array>();
    for (uint32_t i = 0; i < datagrams.Length(); ++i) {
      const Napi::HandleScope scope(info.Env());
      const Napi::Value datagram = datagrams[i];
      if (!datagram.IsTypedArray()) {
        throw Napi::TypeError::New(info.Env(), "UdpSender.send: a datagram must be bytes");
      }
      const auto bytes = datagram.As<Napi::Uint8Array>();
      sender.Send(std::string(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength()));
    }
  }

  // stats(): { sent, dropped, failed, queued, error? }
  Napi::Value Stats(const Napi::CallbackInfo& info) {
    const kernel::UdpSenderStatistics statistics = Open(info).Statistics();
    auto object = Napi::Object::New(info.Env());
    object.Set("sent", double(statistics.sent));
    object.Set("dropped", double(statistics.dropped));
    object.Set("failed", double(statistics.failed));
    object.Set("queued", double(statistics.queued));
    if (statistics.error != 0) object.Set("error", std::strerror(statistics.error));
    return object;
  }

  // close(): void — what waits is lost.
  void Close(const Napi::CallbackInfo&) { sender_.reset(); }

  std::unique_ptr<kernel::UdpSender> sender_;
};

}  // namespace

void InitUdpSender(Napi::Env env, Napi::Object exports) { exports.Set("UdpSender", UdpSender::Define(env)); }

}  // namespace skydive::addon
