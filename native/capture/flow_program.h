// SPDX-License-Identifier: Apache-2.0
// The program of native/bpf, loaded with maps of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bpf/flow.h"
#include "kernel/bpf.h"
#include "kernel/flow_hook.h"
#include "kernel/ring_buffer.h"

namespace skydive::capture {

struct FlowProgramOptions {
  uint32_t flows = 1 << 17;  // entries of the table; what finds no room goes through the ring
  size_t ring_bytes = 4 << 20;
  bool bare_ip = false;  // packets start with IP instead of Ethernet
  uint64_t seed = 0;
  // Ways to attach, the first that works is taken.
  std::vector<kernel::HookKind> hooks{std::begin(kernel::kHookKinds), std::end(kernel::kHookKinds)};
};

class FlowProgram {
 public:
  // Throws std::system_error.
  explicit FlowProgram(FlowProgramOptions options);

  // Attaches to the interface in the namespace of the calling thread. Throws std::system_error with what each way
  // said.
  void Attach(const std::string& interface);

  kernel::BpfMap& flows() { return flows_; }
  kernel::RingBuffer& ring() { return ring_; }
  const kernel::RingBuffer& ring() const { return ring_; }
  const kernel::FlowHook* hook() const { return hook_.get(); }
  void Detach() { hook_.reset(); }
  bpf::flow_shared Counters() const;
  kernel::ProgramRuns Runs() const { return kernel::RunsOf(program_.get()); }

 private:
  void Load(kernel::HookKind kind);

  const FlowProgramOptions options_;
  kernel::BpfMap flows_;
  kernel::RingBuffer ring_;
  kernel::BpfMap shared_;
  kernel::BpfMap work_;
  kernel::Descriptor program_;
  std::unique_ptr<kernel::FlowHook> hook_;
};

// What this kernel lets the program do.
struct EbpfFeatures {
  bool available = false;
  bool tcx = false;
  bool clsact = false;  // a classifier can be loaded: kernels since 4.5 have the hook
  bool socket_filter = false;
  std::string error;  // why it is not available
};
EbpfFeatures ProbeEbpf();

}  // namespace skydive::capture
