// SPDX-License-Identifier: Apache-2.0
#include "capture/packet_filter.h"

#include <dlfcn.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <stdexcept>

namespace skydive::capture {
namespace {

struct Library {
  decltype(&pcap_open_dead) open_dead;
  decltype(&pcap_compile) compile;
  decltype(&pcap_geterr) error;
  decltype(&pcap_offline_filter) filter;
  decltype(&pcap_freecode) free_code;
  decltype(&pcap_close) close;
};

#ifdef SKYDIVE_STATIC_LIBPCAP

// The single executable brings libpcap along (tools/release.mjs).
Library Load() {
  return {pcap_open_dead, pcap_compile, pcap_geterr, pcap_offline_filter, pcap_freecode, pcap_close};
}

#else

template <typename Function>
void Find(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (function == nullptr) throw std::runtime_error(std::string("libpcap has no function ") + name);
}

// Loaded when first needed: most processes never compile an expression, and hosts without libpcap run all the
// same.
Library Load() {
  void* handle = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) handle = dlopen("libpcap.so.1", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    throw std::runtime_error(
        "libpcap, which compiles pcap expressions, cannot be loaded: install libpcap0.8");
  }
  Library library{};
  Find(handle, "pcap_open_dead", library.open_dead);
  Find(handle, "pcap_compile", library.compile);
  Find(handle, "pcap_geterr", library.error);
  Find(handle, "pcap_offline_filter", library.filter);
  Find(handle, "pcap_freecode", library.free_code);
  Find(handle, "pcap_close", library.close);
  return library;
}

#endif

const Library& Pcap() {
  static const Library library = Load();
  return library;
}

// Compilation is not reentrant in old versions of libpcap.
std::mutex compiling;

}  // namespace

struct PacketFilter::Program {
  bpf_program code{};
  uint32_t snap_length = 0;
  ~Program() {
    if (code.bf_insns != nullptr) Pcap().free_code(&code);
  }
};

PacketFilter::PacketFilter(const std::string& expression, int link_type, int snap_length)
    : program_(std::make_unique<Program>()) {
  const Library& pcap = Pcap();
  const std::lock_guard lock(compiling);
  std::unique_ptr<pcap_t, decltype(&pcap_close)> dead(pcap.open_dead(link_type, snap_length), pcap.close);
  if (dead == nullptr) throw std::runtime_error("libpcap refuses the link type or length");
  program_->snap_length = static_cast<uint32_t>(snap_length);
  if (pcap.compile(dead.get(), &program_->code, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    program_->code.bf_insns = nullptr;
    throw std::runtime_error(pcap.error(dead.get()));
  }
}

PacketFilter::~PacketFilter() = default;

bool PacketFilter::Matches(std::span<const uint8_t> packet, uint32_t wire) const {
  pcap_pkthdr header{};
  const auto captured =
      static_cast<uint32_t>(std::min<size_t>(packet.size(), std::numeric_limits<uint32_t>::max()));
  header.len = std::max(wire, captured);
  header.caplen = std::min(captured, program_->snap_length);
  return Pcap().filter(&program_->code, &header, packet.data()) != 0;
}

std::vector<sock_filter> PacketFilter::Steps() const {
  std::vector<sock_filter> steps;
  for (uint32_t i = 0; i < program_->code.bf_len; ++i) {
    const bpf_insn& step = program_->code.bf_insns[i];
    steps.push_back({step.code, step.jt, step.jf, step.k});
  }
  return steps;
}

}  // namespace skydive::capture
