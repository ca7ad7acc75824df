// SPDX-License-Identifier: Apache-2.0
// The JS faces of the addon. Each function defines one class on `exports`.
#pragma once

#include <initializer_list>

#include "addon/node_api.h"

namespace skydive::addon {

// Calls back into JavaScript from a queued call. What the callback throws is an uncaught exception there; while the
// environment goes away nothing is called. (Napi::Function::Call would throw through node's queue then, and abort.)
void Deliver(napi_env env, napi_value callback, std::initializer_list<napi_value> arguments = {});

void InitFlowIntake(Napi::Env env, Napi::Object exports);
void InitFlowStore(Napi::Env env, Napi::Object exports);
void InitEbpfCapture(Napi::Env env, Napi::Object exports);
void InitFlowTable(Napi::Env env, Napi::Object exports);
void InitNetflowCapture(Napi::Env env, Napi::Object exports);
void InitLinkUp(Napi::Env env, Napi::Object exports);
void InitNetlinkMonitor(Napi::Env env, Napi::Object exports);
void InitPacketFilter(Napi::Env env, Napi::Object exports);
void InitPacketCapture(Napi::Env env, Napi::Object exports);
void InitPcapSocketCapture(Napi::Env env, Napi::Object exports);
void InitPacketInjection(Napi::Env env, Napi::Object exports);
void InitPasswordHash(Napi::Env env, Napi::Object exports);
void InitProcessGuard(Napi::Env env, Napi::Object exports);
void InitRegexp(Napi::Env env, Napi::Object exports);
void InitSflowCapture(Napi::Env env, Napi::Object exports);
void InitUdpSender(Napi::Env env, Napi::Object exports);
void InitUnixDatagram(Napi::Env env, Napi::Object exports);

}  // namespace skydive::addon
