// SPDX-License-Identifier: Apache-2.0
#include "kernel/bpf.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>

namespace skydive::kernel {
namespace {

constexpr uint32_t kBatch = 4096;
constexpr size_t kLogBytes = 64 << 10;

uint64_t Pointer(const void* at) { return reinterpret_cast<uint64_t>(at); }

void SetName(char (&to)[BPF_OBJ_NAME_LEN], const char* name) {
  std::strncpy(to, name, sizeof to - 1);
}

// Before Linux 5.11 maps count as locked memory.
void LiftMemoryLimit() {
  static std::once_flag once;
  std::call_once(once, [] {
    rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    // Where this is refused, newer kernels need none and older ones say so when the map is made.
    setrlimit(RLIMIT_MEMLOCK, &limit);
  });
}

}  // namespace

int Bpf(int command, bpf_attr& attributes) {
  return int(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

BpfMap::BpfMap(const MapOptions& options) : options_(options), room_(std::min(kBatch, options.entries)) {
  LiftMemoryLimit();
  bpf_attr attributes{};
  attributes.map_type = options.type;
  attributes.key_size = options.key_bytes;
  attributes.value_size = options.value_bytes;
  attributes.max_entries = options.entries;
  attributes.map_flags = options.flags;
  SetName(attributes.map_name, options.name);
  fd_.Reset(Bpf(BPF_MAP_CREATE, attributes));
  if (!fd_) {
    throw std::system_error(errno, std::generic_category(),
                            std::string("cannot make the BPF map ") + options.name + " (needs CAP_BPF)");
  }
}

bool BpfMap::Look(const void* key, void* value) const {
  bpf_attr attributes{};
  attributes.map_fd = uint32_t(fd());
  attributes.key = Pointer(key);
  attributes.value = Pointer(value);
  return Bpf(BPF_MAP_LOOKUP_ELEM, attributes) == 0;
}

void BpfMap::Set(const void* key, const void* value) {
  bpf_attr attributes{};
  attributes.map_fd = uint32_t(fd());
  attributes.key = Pointer(key);
  attributes.value = Pointer(value);
  if (Bpf(BPF_MAP_UPDATE_ELEM, attributes) < 0) {
    throw std::system_error(errno, std::generic_category(), std::string("cannot write to ") + options_.name);
  }
}

bool BpfMap::Take(const void* key, void* value) {
  bpf_attr attributes{};
  attributes.map_fd = uint32_t(fd());
  attributes.key = Pointer(key);
  attributes.value = Pointer(value);
  if (Bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, attributes) == 0) return true;
  // Hashes have it since Linux 5.14.
  if (errno == ENOENT || !Look(key, value)) return false;
  Remove(key);
  return true;
}

void BpfMap::Remove(const void* key) {
  bpf_attr attributes{};
  attributes.map_fd = uint32_t(fd());
  attributes.key = Pointer(key);
  Bpf(BPF_MAP_DELETE_ELEM, attributes);
}

BpfMap::Walked BpfMap::WalkSome(bool first, uint64_t& position, uint32_t& count) {
  for (;;) {
    keys_.resize(size_t{room_} * options_.key_bytes);
    values_.resize(size_t{room_} * options_.value_bytes);
    bpf_attr attributes{};
    attributes.batch.map_fd = uint32_t(fd());
    uint64_t next = position;
    attributes.batch.in_batch = first ? 0 : Pointer(&position);
    attributes.batch.out_batch = Pointer(&next);
    attributes.batch.keys = Pointer(keys_.data());
    attributes.batch.values = Pointer(values_.data());
    attributes.batch.count = room_;
    const int failed = Bpf(BPF_MAP_LOOKUP_BATCH, attributes);
    count = attributes.batch.count;
    position = next;
    if (failed == 0) return Walked::kMore;
    if (errno == ENOENT) return Walked::kEnd;
    if (errno == EINTR || errno == EAGAIN) continue;
    if (errno != ENOSPC || room_ >= options_.entries) return Walked::kFailed;
    // More elements in one bucket than there is room for.
    room_ = std::min(room_ * 2, options_.entries);
  }
}

Descriptor LoadProgram(bpf_prog_type type, const char* name, std::span<const uint64_t> instructions) {
  LiftMemoryLimit();
  bpf_attr attributes{};
  attributes.prog_type = type;
  attributes.insns = Pointer(instructions.data());
  attributes.insn_cnt = uint32_t(instructions.size());
  attributes.license = Pointer("Dual BSD/GPL");
  SetName(attributes.prog_name, name);
  Descriptor program(Bpf(BPF_PROG_LOAD, attributes));
  if (program) return program;
  const int why = errno;
  // Again, for the verifier's words: collecting them costs, so not the first time.
  std::string log(kLogBytes, '\0');
  attributes.log_buf = Pointer(log.data());
  attributes.log_size = uint32_t(log.size());
  attributes.log_level = 1;
  program.Reset(Bpf(BPF_PROG_LOAD, attributes));
  if (program) return program;
  log.resize(std::strlen(log.c_str()));
  constexpr size_t kEnough = 400;
  if (log.size() > kEnough) log.erase(0, log.size() - kEnough);
  throw std::system_error(why, std::generic_category(),
                          std::string("the kernel refuses the BPF program ") + name + " " + log);
}

ProgramRuns RunsOf(int program) {
  bpf_prog_info info{};
  bpf_attr attributes{};
  attributes.info.bpf_fd = uint32_t(program);
  attributes.info.info_len = sizeof info;
  attributes.info.info = Pointer(&info);
  if (Bpf(BPF_OBJ_GET_INFO_BY_FD, attributes) < 0) return {};
  return {info.run_cnt, info.run_time_ns};
}

}  // namespace skydive::kernel
