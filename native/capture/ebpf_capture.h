// SPDX-License-Identifier: Apache-2.0
// A capture whose packets the kernel counts: its table is read regularly, and added to the flow table of the agent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/flow_program.h"
#include "capture/live_capture.h"
#include "flow/hash_index.h"
#include "flow/slab.h"

namespace skydive::capture {

struct EbpfCaptureOptions {
  std::string interface;
  std::string namespace_path;  // the own one when empty
  FlowProgramOptions program;
  TableOptions table;
  int64_t poll_ms = 1000;  // between two looks at the kernel's table
  // An entry without packets for that long leaves the kernel's table; sooner when that fills up.
  int64_t idle_ms = 30000;
};

class EbpfCapture : public LiveCapture {
 public:
  // Throws std::system_error or std::runtime_error when the interface cannot be captured.
  EbpfCapture(EbpfCaptureOptions options, const layers::UdpPorts& ports, Notify notify);
  ~EbpfCapture() override { Stop(); }

 private:
  static constexpr uint32_t kBatch = 32;

  // An entry of the kernel's table and what of it has been counted.
  struct alignas(64) Known {
    uint64_t hash;
    uint64_t bytes[2];
    uint32_t packets[2];
    uint32_t place;       // of its flow, while that has this generation
    uint32_t generation;
    bool exchanged;  // the entry's directions are the other way round than the flow's
  };

  int fd() const override { return program_->ring().fd(); }
  // Counts the packets that found no room in the kernel's table.
  void Drain() override;
  // Reads the kernel's table, and takes out of it what is idle.
  int64_t Poll(int64_t now_ms) override;
  void AddStats(CaptureStats& stats) override;
  void Release() override;

  void CountAll(const bpf::flow_key* keys, const bpf::flow_value* values, uint32_t count);
  void CountEntry(uint64_t hash, uint32_t at, const bpf::flow_key& key, const bpf::flow_value& value);
  void CountRecords();
  void CountDeferred();
  // The flow of an entry; kNotFound while that of the tunnel around it is not known.
  uint32_t PlaceOf(uint64_t hash, const bpf::flow_key& key, const bpf::flow_value& value);
  void Count(uint32_t place, bool exchanged, const flow::Counters& more, const bpf::flow_value& value);
  void RemoveIdle();
  CaptureStats::Kernel Counted() const;

  std::optional<FlowProgram> program_;
  CaptureStats::Kernel released_;  // what the program had counted
  kernel::HookKind hook_;
  const uint64_t seed_;
  const uint32_t room_;
  const int64_t poll_ms_;
  const uint64_t idle_ns_;

  flow::HashIndex index_;
  flow::Slab<Known> known_;
  std::vector<uint32_t> free_;
  uint32_t places_ = 0;
  // From what an inner key calls its tunnel to the hash of the tunnel's flow.
  std::unordered_map<uint64_t, uint64_t> tunnels_;
  std::vector<bpf::flow_record> records_;
  // Inner flows that were seen before their tunnel's.
  std::vector<bpf::flow_record> deferred_entries_;
  std::vector<bpf::flow_record> deferred_records_;
  bool last_resort_ = false;  // count inner flows without knowing their tunnel
  std::vector<bpf::flow_key> idle_;
  uint64_t idle_before_ns_ = 0;
  uint32_t entries_ = 0;  // of the kernel's table when it was read last
  int64_t offset_ns_ = 0;
  int64_t next_poll_ms_ = 0;
};

}  // namespace skydive::capture
