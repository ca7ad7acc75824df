// SPDX-License-Identifier: Apache-2.0
// Where a capture listens, as JavaScript gives it: NativeListenOptions of src/native/datagram-capture.ts.
#pragma once

#include "addon/node_api.h"
#include "capture/datagram_capture.h"

namespace skydive::addon {

// Throws Napi::TypeError when there is no port.
capture::ListenOptions ListenOptionsOf(const Napi::Object& object);

}  // namespace skydive::addon
