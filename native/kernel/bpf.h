// SPDX-License-Identifier: Apache-2.0
// Maps and programs in the kernel, by bpf(2) itself: no library, no object file.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernel/descriptor.h"

namespace skydive::kernel {

// bpf(2): -1 and errno on failure.
int Bpf(int command, bpf_attr& attributes);

struct MapOptions {
  uint32_t type;
  uint32_t key_bytes;
  uint32_t value_bytes;
  uint32_t entries;
  uint32_t flags = 0;
  const char* name = "";
};

class BpfMap {
 public:
  // Throws std::system_error.
  explicit BpfMap(const MapOptions& options);

  int fd() const { return fd_.get(); }
  bool Look(const void* key, void* value) const;
  // Throws std::system_error.
  void Set(const void* key, const void* value);
  // The value of an element that goes; false when there is none.
  bool Take(const void* key, void* value);
  void Remove(const void* key);

  // Visits all elements, many a system call (hashes, Linux 5.6): `visit(keys, values, count)`, the keys and values one
  // behind the other. What changes meanwhile is seen or not. False when the kernel cannot.
  template <typename Visit>
  bool Walk(Visit visit) {
    uint64_t position = 0;
    for (bool first = true;; first = false) {
      uint32_t count = 0;
      const Walked walked = WalkSome(first, position, count);
      if (walked == Walked::kFailed) return false;
      if (count > 0) visit(keys_.data(), values_.data(), count);
      if (walked == Walked::kEnd) return true;
    }
  }

 private:
  enum class Walked : uint8_t { kMore, kEnd, kFailed };
  Walked WalkSome(bool first, uint64_t& position, uint32_t& count);

  MapOptions options_;
  Descriptor fd_;
  std::vector<uint8_t> keys_;
  std::vector<uint8_t> values_;
  uint32_t room_;
};

// Loads a program; throws std::system_error with what the verifier said last.
Descriptor LoadProgram(bpf_prog_type type, const char* name, std::span<const uint64_t> instructions);

// Times the program ran and what that took, counted while kernel.bpf_stats_enabled is set.
struct ProgramRuns {
  uint64_t count = 0;
  uint64_t ns = 0;
};
ProgramRuns RunsOf(int program);

}  // namespace skydive::kernel
