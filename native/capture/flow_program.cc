// SPDX-License-Identifier: Apache-2.0
#include "capture/flow_program.h"

#include <cstring>
#include <stdexcept>
#include <system_error>

#include "bpf/flow_image.h"

namespace skydive::capture {
namespace {

using kernel::HookKind;

// Puts the maps' file descriptors where the program uses them.
std::vector<uint64_t> Linked(const kernel::BpfMap& flows, const kernel::RingBuffer& ring,
                             const kernel::BpfMap& shared, const kernel::BpfMap& work) {
  const auto fd_of = [&](bpf::Map map) {
    switch (map) {
      case bpf::Map::kFlows:
        return flows.fd();
      case bpf::Map::kRing:
        return ring.fd();
      case bpf::Map::kShared:
        return shared.fd();
      default:
        return work.fd();
    }
  };
  std::vector<uint64_t> program(std::begin(bpf::kFlowProgram), std::end(bpf::kFlowProgram));
  for (const bpf::MapUse& use : bpf::kFlowProgramMaps) {
    bpf_insn step;
    std::memcpy(&step, &program[use.instruction], sizeof step);
    step.src_reg = BPF_PSEUDO_MAP_FD;
    step.imm = fd_of(use.map);
    std::memcpy(&program[use.instruction], &step, sizeof step);
  }
  return program;
}

kernel::MapOptions FlowsMap(uint32_t entries) {
  // Entries are made as they are needed: a table for many flows costs little until they come.
  return {BPF_MAP_TYPE_HASH, sizeof(bpf::flow_key), sizeof(bpf::flow_value), entries, BPF_F_NO_PREALLOC, "skydive_flows"};
}
constexpr kernel::MapOptions kSharedMap{BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(bpf::flow_shared), 1, 0,
                                        "skydive_shared"};
constexpr kernel::MapOptions kWorkMap{BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint32_t), bpf::FLOW_WORK_BYTES, 1, 0,
                                      "skydive_work"};

// A classifier leaves the packet to who comes next; a socket filter keeps nothing.
uint32_t VerdictOf(HookKind kind) { return kind == HookKind::kSocketFilter ? 0 : uint32_t(-1); }

}  // namespace

FlowProgram::FlowProgram(FlowProgramOptions options)
    : options_(std::move(options)),
      flows_(FlowsMap(options_.flows)),
      ring_(options_.ring_bytes),
      shared_(kSharedMap),
      work_(kWorkMap) {}

void FlowProgram::Load(HookKind kind) {
  bpf::flow_shared settings{};
  settings.seed = options_.seed;
  settings.wake_bytes = ring_.bytes() / 8;
  settings.first = options_.bare_ip ? bpf::FIRST_IP : bpf::FIRST_ETHERNET;
  settings.verdict = VerdictOf(kind);
  const uint32_t zero = 0;
  shared_.Set(&zero, &settings);
  const auto type = kind == HookKind::kSocketFilter ? BPF_PROG_TYPE_SOCKET_FILTER : BPF_PROG_TYPE_SCHED_CLS;
  program_ = kernel::LoadProgram(type, "skydive_flow", Linked(flows_, ring_, shared_, work_));
}

void FlowProgram::Attach(const std::string& interface) {
  std::string failures;
  for (const HookKind kind : options_.hooks) {
    try {
      Load(kind);
      const int program = program_.get();
      hook_ = kind == HookKind::kTcx      ? kernel::HangOnTcx(program, interface)
              : kind == HookKind::kClsact ? kernel::HangOnClsact(program, interface)
                                          : kernel::HangOnSocket(program, interface);
      return;
    } catch (const std::system_error& failure) {
      failures += (failures.empty() ? "" : "; ") + std::string(failure.what());
      // No other way helps when there is no interface.
      if (failure.code() == std::errc::no_such_device) break;
    }
  }
  throw std::runtime_error(failures);
}

bpf::flow_shared FlowProgram::Counters() const {
  bpf::flow_shared shared{};
  const uint32_t zero = 0;
  shared_.Look(&zero, &shared);
  return shared;
}

EbpfFeatures ProbeEbpf() {
  EbpfFeatures features;
  try {
    const kernel::BpfMap flows(FlowsMap(16));
    const kernel::RingBuffer ring(4096);
    const kernel::BpfMap shared(kSharedMap);
    const kernel::BpfMap work(kWorkMap);
    const auto program = Linked(flows, ring, shared, work);
    const auto loads = [&](bpf_prog_type type, kernel::Descriptor& loaded) {
      try {
        loaded = kernel::LoadProgram(type, "skydive_flow", program);
      } catch (const std::system_error& failure) {
        features.error = failure.what();
      }
      return bool(loaded);
    };
    kernel::Descriptor classifier;
    kernel::Descriptor filter;
    features.clsact = loads(BPF_PROG_TYPE_SCHED_CLS, classifier);
    features.tcx = features.clsact && kernel::KnowsTcx(classifier.get());
    features.socket_filter = loads(BPF_PROG_TYPE_SOCKET_FILTER, filter);
    features.available = features.clsact || features.socket_filter;
    if (features.available) features.error.clear();
  } catch (const std::system_error& failure) {
    features.error = failure.what();
  }
  return features;
}

}  // namespace skydive::capture
