// SPDX-License-Identifier: Apache-2.0
// Sets an interface up.
#pragma once

#include <string>

namespace skydive::kernel {

// In the namespace of that path; empty: that of the process. Throws std::system_error.
void SetLinkUp(const std::string& interface, const std::string& namespace_path);

}  // namespace skydive::kernel
