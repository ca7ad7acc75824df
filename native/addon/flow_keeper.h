// SPDX-License-Identifier: Apache-2.0
// Lets one class of the addon hand flows to another.
#pragma once

#include <memory>

#include "addon/node_api.h"
#include "flow/intake.h"

namespace skydive::addon {

// What keeps the flows behind a FlowStore; null for anything else.
std::shared_ptr<flow::FlowKeeper> KeeperOf(Napi::Value store);

}  // namespace skydive::addon
