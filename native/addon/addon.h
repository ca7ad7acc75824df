// SPDX-License-Identifier: Apache-2.0
// The JS faces of the addon. Each function defines one class on `exports`.
#pragma once

#include <napi.h>

namespace skydive::addon {

void InitFlowTable(Napi::Env env, Napi::Object exports);
void InitNetlinkMonitor(Napi::Env env, Napi::Object exports);
void InitPacketFilter(Napi::Env env, Napi::Object exports);
void InitPacketCapture(Napi::Env env, Napi::Object exports);
void InitRegexp(Napi::Env env, Napi::Object exports);
void InitUnixDatagram(Napi::Env env, Napi::Object exports);

}  // namespace skydive::addon
