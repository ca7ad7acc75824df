// SPDX-License-Identifier: Apache-2.0
#include "addon/flow_options.h"

#include <random>

namespace skydive::addon {
namespace {

// Calls `visit(name, value)` for the properties of an object that may be absent.
template <typename Visit>
void EachProperty(const Napi::Object& object, const char* key, Visit visit) {
  if (!object.Get(key).IsObject()) return;
  const auto properties = object.Get(key).As<Napi::Object>();
  const Napi::Array names = properties.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = names.Get(i).ToString().Utf8Value();
    visit(name, properties.Get(name));
  }
}

}  // namespace

std::string Text(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

int64_t Number(const Napi::Object& object, const char* key, int64_t otherwise) {
  const Napi::Value value = object.Get(key);
  return value.IsNumber() ? value.As<Napi::Number>().Int64Value() : otherwise;
}

bool IsTrue(const Napi::Object& object, const char* key) { return object.Get(key).ToBoolean().Value(); }

flow::Options FlowOptionsOf(const Napi::Object& object) {
  flow::Options options;
  options.node_tid = Text(object, "nodeTid");
  options.capture_id = Text(object, "captureId");
  options.mode = Text(object, "layerKeyMode") == "L3" ? flow::LayerKeyMode::kL3 : flow::LayerKeyMode::kL2;
  options.tcp_metric = IsTrue(object, "extraTcpMetric");
  options.reassemble_tcp = IsTrue(object, "reassembleTcp");
  options.defragment = IsTrue(object, "ipDefrag");
  options.ordered = IsTrue(object, "ordered");
  options.extra_layers = uint32_t(Number(object, "extraLayers", 0));
  options.raw_packet_limit = Number(object, "rawPacketLimit", 0);
  options.max_entries = uint32_t(Number(object, "maxEntries", options.max_entries));
  EachProperty(object, "tcpPorts", [&](const std::string& port, const Napi::Value& name) {
    options.tcp_ports[uint16_t(std::stoul(port))] = name.ToString().Utf8Value();
  });
  EachProperty(object, "udpPorts", [&](const std::string& port, const Napi::Value& name) {
    options.udp_ports[uint16_t(std::stoul(port))] = name.ToString().Utf8Value();
  });
  EachProperty(object, "applicationTimeoutsMs", [&](const std::string& name, const Napi::Value& timeout) {
    options.application_timeouts_ms[name] = timeout.ToNumber().Int64Value();
  });
  std::random_device random;
  options.hash_seed = uint64_t{random()} << 32 | random();
  return options;
}

void AddPorts(const Napi::Object& object, layers::UdpPorts& ports) {
  if (!object.Get("mplsUdpPorts").IsArray()) return;
  const auto list = object.Get("mplsUdpPorts").As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); ++i) ports.AddMpls(uint16_t(list.Get(i).ToNumber().Uint32Value()));
}

}  // namespace skydive::addon
