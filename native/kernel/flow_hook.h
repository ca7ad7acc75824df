// SPDX-License-Identifier: Apache-2.0
// Hangs a program on both directions of an interface, by the best way that the kernel has.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "kernel/descriptor.h"

namespace skydive::kernel {

enum class HookKind : uint8_t {
  kTcx,           // Linux 6.6: goes with its file descriptor
  kClsact,        // goes when removed: what a killed agent left is removed by the next one
  kSocketFilter,  // of a packet socket; goes with it
};
inline constexpr HookKind kHookKinds[] = {HookKind::kTcx, HookKind::kClsact, HookKind::kSocketFilter};

const char* NameOf(HookKind kind);

class FlowHook {
 public:
  virtual ~FlowHook() = default;
  virtual HookKind kind() const = 0;
  // False once the interface is gone; `why` tells.
  virtual bool Alive(std::string& why) const = 0;
};

// Hangs a classifier on the interface, in the namespace of the calling thread. Throws std::system_error.
std::unique_ptr<FlowHook> HangOnTcx(int program, const std::string& interface);
std::unique_ptr<FlowHook> HangOnClsact(int program, const std::string& interface);
// The same with a program of type socket filter.
std::unique_ptr<FlowHook> HangOnSocket(int program, const std::string& interface);

// Whether the kernel knows TCX; needs a loaded classifier.
bool KnowsTcx(int program);

}  // namespace skydive::kernel
