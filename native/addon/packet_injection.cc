// SPDX-License-Identifier: Apache-2.0
// Class PacketInjection: injector/injection.h for JavaScript.
#include "injector/injection.h"

#include <arpa/inet.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "addon/addon.h"
#include "addon/flow_options.h"
#include "capture/pcap_reader.h"

namespace skydive::addon {
namespace {

std::array<uint8_t, 6> Mac(const std::string& text) {
  std::array<uint8_t, 6> mac{};
  if (text.empty()) return mac;
  unsigned parts[6];
  int end = 0;
  const int found = std::sscanf(text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x%n", &parts[0], &parts[1], &parts[2],
                                &parts[3], &parts[4], &parts[5], &end);
  if (found != 6 || size_t(end) != text.size()) throw std::invalid_argument(text + " is no MAC address");
  for (size_t i = 0; i < 6; ++i) mac[i] = uint8_t(parts[i]);
  return mac;
}

std::array<uint8_t, 16> Ip(const std::string& text, bool ipv6) {
  std::array<uint8_t, 16> address{};
  if (text.empty()) return address;
  if (inet_pton(ipv6 ? AF_INET6 : AF_INET, text.c_str(), address.data()) != 1)
    throw std::invalid_argument(text + " is no " + (ipv6 ? "IPv6" : "IPv4") + " address");
  return address;
}

injector::Transport TransportOf(const std::string& name) {
  if (name == "icmp") return injector::Transport::kIcmp;
  if (name == "tcp") return injector::Transport::kTcp;
  if (name == "udp") return injector::Transport::kUdp;
  throw std::invalid_argument(name + " is no transport: icmp, tcp or udp");
}

std::vector<std::vector<uint8_t>> Frames(const Napi::Object& object) {
  std::vector<std::vector<uint8_t>> frames;
  const Napi::Value pcap = object.Get("pcap");
  if (!pcap.IsTypedArray()) return frames;
  const auto bytes = pcap.As<Napi::Uint8Array>();
  capture::PcapReader reader;
  reader.Feed({bytes.Data(), bytes.ByteLength()}, [&](std::span<const capture::Record> records) {
    for (const capture::Record& record : records)
      frames.emplace_back(record.data, record.data + record.captured);
  });
  if (!reader.Finish()) throw std::invalid_argument("the capture file: " + reader.error());
  if (frames.empty()) throw std::invalid_argument("the capture file holds no packet");
  return frames;
}

injector::InjectionOptions OptionsOf(const Napi::Object& object) {
  injector::InjectionOptions options;
  options.interface = Text(object, "interface");
  options.namespace_path = Text(object, "namespacePath");
  injector::PacketShape& shape = options.shape;
  shape.transport = TransportOf(Text(object, "transport"));
  shape.ipv6 = IsTrue(object, "ipv6");
  shape.ethernet = IsTrue(object, "ethernet");
  shape.source_mac = Mac(Text(object, "sourceMac"));
  shape.destination_mac = Mac(Text(object, "destinationMac"));
  shape.source_ip = Ip(Text(object, "sourceIp"), shape.ipv6);
  shape.destination_ip = Ip(Text(object, "destinationIp"), shape.ipv6);
  shape.source_port = uint16_t(Number(object, "sourcePort", 0));
  shape.destination_port = uint16_t(Number(object, "destinationPort", 0));
  shape.icmp_id = uint16_t(Number(object, "icmpId", 0));
  shape.ttl = uint8_t(Number(object, "ttl", 0));
  options.payload = Text(object, "payload");
  options.count = uint64_t(std::max<int64_t>(0, Number(object, "count", 1)));
  options.interval_ms = uint64_t(std::max<int64_t>(0, Number(object, "intervalMs", 0)));
  options.random = IsTrue(object, "random");
  options.increment_payload = uint64_t(std::max<int64_t>(0, Number(object, "incrementPayload", 0)));
  options.frames = Frames(object);
  return options;
}

class PacketInjection : public Napi::ObjectWrap<PacketInjection> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "PacketInjection",
                       {InstanceMethod<&PacketInjection::Stats>("stats"),
                        InstanceMethod<&PacketInjection::Stop>("stop")});
  }

  // new PacketInjection(options, done: () => void): see src/native/packet-injection.ts.
  explicit PacketInjection(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PacketInjection>(info) {
    if (info.Length() < 2 || !info[0].IsObject() || !info[1].IsFunction()) {
      throw Napi::TypeError::New(info.Env(), "PacketInjection: options and a function are needed");
    }
    env_ = info.Env();
    try {
      injector::InjectionOptions options = OptionsOf(info[0].As<Napi::Object>());
      function_ = Napi::ThreadSafeFunction::New(env_, info[1].As<Napi::Function>(), "injection", 0, 1);
      open_ = true;
      napi_add_env_cleanup_hook(env_, &PacketInjection::AtTeardown, this);
      injection_ = std::make_unique<injector::Injection>(
          std::move(options), [function = function_, closed = closed_] {
            function.NonBlockingCall([closed](Napi::Env env, Napi::Function callback) {
              if (env != nullptr && !*closed) Deliver(env, callback);
            });
          });
    } catch (const Napi::Error&) {
      throw;
    } catch (const std::exception& failure) {
      Close();
      throw Napi::Error::New(info.Env(), failure.what());
    }
  }

  ~PacketInjection() override { Close(); }

 private:
  static void AtTeardown(void* self) {
    auto* injection = static_cast<PacketInjection*>(self);
    injection->hooked_ = false;
    injection->Close();
  }

  void Close() {
    if (!open_) return;
    open_ = false;
    *closed_ = true;
    if (injection_) {
      injection_->Stop();
      last_ = injection_->Stats();
      injection_.reset();
    }
    function_.Release();
    if (hooked_) napi_remove_env_cleanup_hook(env_, &PacketInjection::AtTeardown, this);
  }

  // stats(): NativePacketInjectionStats
  Napi::Value Stats(const Napi::CallbackInfo& info) {
    const injector::InjectionStats stats = injection_ ? injection_->Stats() : last_;
    auto object = Napi::Object::New(info.Env());
    object.Set("sent", double(stats.sent));
    object.Set("failed", double(stats.failed));
    if (!stats.error.empty()) object.Set("error", stats.error);
    return object;
  }

  // stop(): void
  void Stop(const Napi::CallbackInfo&) { Close(); }

  std::unique_ptr<injector::Injection> injection_;
  injector::InjectionStats last_;
  Napi::ThreadSafeFunction function_;
  // Read and written on the thread of JavaScript only.
  std::shared_ptr<bool> closed_ = std::make_shared<bool>(false);
  napi_env env_ = nullptr;
  bool open_ = false;
  bool hooked_ = true;
};

}  // namespace

void InitPacketInjection(Napi::Env env, Napi::Object exports) {
  exports.Set("PacketInjection", PacketInjection::Define(env));
}

}  // namespace skydive::addon
