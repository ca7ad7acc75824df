// SPDX-License-Identifier: Apache-2.0
#include "capture/target.h"

#include "capture/erspan_target.h"
#include "capture/flow_target.h"

namespace skydive::capture {

std::unique_ptr<Target> MakeTarget(const TargetOptions& options) {
  if (options.kind == TargetOptions::Kind::kErspan) return std::make_unique<ErspanTarget>(options);
  return std::make_unique<FlowTarget>(options);
}

}  // namespace skydive::capture
