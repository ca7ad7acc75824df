// SPDX-License-Identifier: Apache-2.0
// The flow table of one capture: packets in, aged and measured flows out. Not thread safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "flow/assembler.h"
#include "flow/create.h"
#include "flow/defragmenter.h"
#include "flow/hash_index.h"
#include "flow/names.h"
#include "flow/options.h"
#include "flow/piece.h"
#include "flow/record.h"
#include "flow/slab.h"
#include "flow/timer_wheel.h"

namespace skydive::flow {

class Table;

// Receives the flows of an update or an expiry, by their places, before those that ended are removed.
class FlowSink {
 public:
  virtual ~FlowSink() = default;
  virtual void Flows(const Table& table, std::span<const uint32_t> places) = 0;
};

struct TableStats {
  uint64_t packets = 0;  // given to the table
  uint64_t flow_count = 0;
  uint64_t flow_dropped = 0;       // evicted to make room, never sent
  uint64_t fragments_dropped = 0;  // no room to keep them
  uint64_t segments_dropped = 0;   // no room to keep them
};

class Table : private StreamSink {
 public:
  Table(Options options, const layers::UdpPorts& ports);

  // Packets in the order of their capture.
  void Process(std::span<const Packet> packets);

  // Flows that something else counted, by a hash of what identifies them. HashIndex::kNotFound when there is none.
  uint32_t Find(uint64_t hash) const;
  // Adds one without packets. `swapped` tells its direction, for who counts. Without an application its name is its
  // path's last layer.
  uint32_t Insert(uint64_t hash, Cold flow, std::span<const layers::Layer> path, bool swapped, int64_t last_ms,
                  std::string_view application = {});
  // Adds to its counters, and makes it seen.
  void CountMore(uint32_t place, const Counters& more, int64_t last_ms);
  // Notes something of a flow, by flags of its Hot.
  void Note(uint32_t place, uint8_t flags) { hot_[place].flags |= flags; }
  // To change what only the one who counts knows.
  Cold& Edit(uint32_t place) { return cold_[place]; }

  // What is sent regularly: every flow with packets since the last update, and those whose application timed
  // out.
  void Update(int64_t now_ms, FlowSink& sink);
  // Ends the flows without packets since the previous call.
  void Expire(int64_t now_ms, FlowSink& sink);
  // Ends all flows. What waits for missing TCP segments is given up first when asked to.
  void Stop(FlowSink& sink, bool flush_streams = false);
  // The same in slices: ends at most so many flows, false when none are left. No packets in between.
  bool StopSome(FlowSink& sink, size_t limit);
  // Gives up waiting for missing TCP segments.
  void FlushStreams() { assembler_.FlushAll(); }
  // Forgets fragments and segments that wait since before the time.
  void Maintain(int64_t older_than_ns);

  // Places of all flows, the least recently seen first.
  std::vector<uint32_t> Places() const;
  // The same without order: those of the places below `places()` that are used.
  uint32_t places() const { return places_; }
  bool Used(uint32_t place) const { return (hot_[place].flags & Hot::kUsed) != 0; }
  const Hot& hot(uint32_t place) const { return hot_[place]; }
  const Cold& cold(uint32_t place) const { return cold_[place]; }
  const Name& name(uint32_t place) const { return names_[cold_[place].name]; }
  const Options& options() const { return options_; }
  // Change of the counters in the latest update period; absent before the flow's first update.
  bool LastUpdate(uint32_t place, Metric& metric) const;
  Metric Total(uint32_t place) const;
  // For sinks: whether the flow counted since it was handed out before. `LastUpdate` tells what.
  bool HasNews(uint32_t place) const { return cold_[place].updates == updates_ + 1; }

  TableStats stats() const;
  size_t MemoryUse() const;

 private:
  static constexpr uint32_t kBatch = 32;
  // A flow that finished is kept this long after its last packet.
  static constexpr int64_t kHoldMs = 15000;

  // What the quick way needs to know of a packet.
  struct Ticket {
    uint64_t hash;
    int64_t bytes;
    uint32_t place;
    uint8_t direction_flags;  // Hot flags of which one must be set to take the quick way
    bool swapped;
    bool quick;
  };

  void ProcessBatch(std::span<const Packet> packets);
  void Prepare(const Packet& packet, Ticket& ticket);
  bool ProcessQuick(const Packet& packet, const Ticket& ticket);
  void ProcessWhole(const Packet& packet);
  uint64_t ProcessPiece(const Packet& packet, const Piece& piece, bool has_parent, uint64_t parent,
                        const IpMetric* ip_metric);
  uint32_t Create(const Packet& packet, const Piece& piece, const Key& key, uint64_t hash, bool has_parent,
                  uint64_t parent, const IpMetric* ip_metric);
  void Touch(uint32_t place, int64_t now_ms);
  void KeepRawPacket(Cold& cold, const Packet& packet, const Piece& piece);
  void KeepExtraLayers(Cold& cold, const Packet& packet, const Piece& piece);
  void StreamComplete(FlowHandle flow, const StreamEnds& ends, const TcpMetric::Stream& stream) override;

  uint32_t TakePlace();
  void EvictOldest();
  void Remove(uint32_t place);
  void ArmTimeout(uint32_t place);
  void Report(uint32_t place, int64_t start_ms, int64_t end_ms);
  void Emit(FlowSink& sink);
  void ExpireBefore(int64_t threshold_ms, FlowSink& sink);
  void End(uint32_t place);
  void Clear();

  const Options options_;
  layers::Stack stack_;
  Pieces pieces_;
  Defragmenter defragmenter_;
  Assembler assembler_;

  HashIndex index_;
  Slab<Hot> hot_;
  Slab<Cold> cold_;
  Slab<Period> periods_;  // as far as a flow had one
  Names names_;
  std::vector<uint32_t> free_;
  uint32_t places_ = 0;  // ever used
  uint32_t count_ = 0;
  std::vector<uint32_t> oldest_;  // candidates for eviction, the oldest last
  uint64_t oldest_touch_ = 0;     // all that is not a candidate was touched after this

  // Due when a flow could have expired, and when its application's or its finish's time is over.
  TimerWheel expiry_;
  TimerWheel timeouts_;
  std::vector<uint32_t> due_;
  std::vector<uint32_t> touched_;  // since the last update; may hold places more than once
  std::vector<uint32_t> sent_;
  std::vector<uint32_t> removed_;
  std::vector<uint32_t> stopping_;  // what ends, in order
  size_t stop_at_ = 0;              // ended so far

  uint64_t touch_ = 0;
  uint32_t epoch_ = 1;
  uint32_t updates_ = 0;
  int64_t last_update_ms_ = 0;
  int64_t previous_update_ms_ = 0;
  int64_t last_expire_ms_ = 0;
  uint64_t packets_ = 0;
  uint64_t evicted_ = 0;
};

}  // namespace skydive::flow
