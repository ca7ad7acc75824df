// SPDX-License-Identifier: Apache-2.0
// Writes the changes of a mirror as JSON. The shape is declared in src/native/netlinkMonitor.ts.
#pragma once

#include <string>

#include "kernel/mirror.h"

namespace skydive::kernel {

// Appends one object per interface, separated by commas (also from what is there).
void AppendChanges(std::string& out, int namespace_id, const Mirror::Changes& changes, Clock::time_point now);

}  // namespace skydive::kernel
