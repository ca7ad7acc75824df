// SPDX-License-Identifier: Apache-2.0
#include "addon/listen_options.h"

#include <algorithm>

#include "addon/flow_options.h"

namespace skydive::addon {

capture::ListenOptions ListenOptionsOf(const Napi::Object& object) {
  capture::ListenOptions options;
  const int64_t min = Number(object, "portMin", 0);
  const int64_t max = Number(object, "portMax", min);
  if (min < 0 || max < min || max > UINT16_MAX) {
    throw Napi::TypeError::New(object.Env(), "a capture that listens needs ports from 0 to 65535");
  }
  options.address = Text(object, "address");
  options.port_min = uint16_t(min);
  options.port_max = uint16_t(max);
  options.namespace_path = Text(object, "namespacePath");
  options.receive_bytes =
      size_t(std::max<int64_t>(0, Number(object, "ringBytes", int64_t(options.receive_bytes))));
  return options;
}

}  // namespace skydive::addon
