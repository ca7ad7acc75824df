// SPDX-License-Identifier: Apache-2.0
// Entry point of the addon: each JS class has a file of its own and one line here.
#include "addon/addon.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  skydive::addon::InitFlowIntake(env, exports);
  skydive::addon::InitFlowStore(env, exports);
  skydive::addon::InitEbpfCapture(env, exports);
  skydive::addon::InitFlowTable(env, exports);
  skydive::addon::InitNetflowCapture(env, exports);
  skydive::addon::InitLinkUp(env, exports);
  skydive::addon::InitNetlinkMonitor(env, exports);
  skydive::addon::InitPacketFilter(env, exports);
  skydive::addon::InitPacketCapture(env, exports);
  skydive::addon::InitPcapSocketCapture(env, exports);
  skydive::addon::InitPacketInjection(env, exports);
  skydive::addon::InitPasswordHash(env, exports);
  skydive::addon::InitProcessGuard(env, exports);
  skydive::addon::InitRegexp(env, exports);
  skydive::addon::InitSflowCapture(env, exports);
  skydive::addon::InitUdpSender(env, exports);
  skydive::addon::InitUnixDatagram(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, Init)
