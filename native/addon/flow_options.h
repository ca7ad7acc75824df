// SPDX-License-Identifier: Apache-2.0
// Options of flow tables as JavaScript gives them: NativeFlowTableOptions of src/native/flowTable.ts.
#pragma once

#include <string>

#include "addon/node_api.h"
#include "flow/options.h"
#include "layers/udp_ports.h"

namespace skydive::addon {

// A property of an object, or what stands for it when it is absent or of another type.
std::string Text(const Napi::Object& object, const char* key);
int64_t Number(const Napi::Object& object, const char* key, int64_t otherwise);
bool IsTrue(const Napi::Object& object, const char* key);

flow::Options FlowOptionsOf(const Napi::Object& object);
// The ports found to carry MPLS.
void AddPorts(const Napi::Object& object, layers::UdpPorts& ports);

}  // namespace skydive::addon
