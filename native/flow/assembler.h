// SPDX-License-Identifier: Apache-2.0
// Follows TCP streams by their sequence numbers, as gopacket's tcpassembly does, keeping lengths instead of
// data.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "flow/record.h"
#include "layers/stack.h"

namespace skydive::flow {

// A flow that may be gone by the time it is needed.
struct FlowHandle {
  uint32_t place = 0;
  uint32_t generation = 0;
};

// One direction of a connection, its source first.
struct StreamEnds {
  Address source;
  Address destination;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;

  bool operator==(const StreamEnds& other) const;
  uint64_t Hash() const;
  StreamEnds Reversed() const { return {destination, source, destination_port, source_port}; }
};

class StreamSink {
 public:
  virtual ~StreamSink() = default;
  // A stream is over: its counters belong to the flow on the side of the source.
  virtual void StreamComplete(FlowHandle flow, const StreamEnds& ends, const TcpMetric::Stream& stream) = 0;
};

class Assembler {
 public:
  explicit Assembler(StreamSink& sink) : sink_(sink) {}

  // The packet's connection belongs to this new flow from now on, in both directions.
  void Register(const layers::Layer& network, const layers::Layer& tcp, FlowHandle flow);
  void Assemble(const layers::Layer& network, const layers::Layer& tcp, int64_t time_ns);

  // Gives up waiting for what is missing since before the time, and closes what was idle since.
  void Flush(int64_t older_than_ns);
  void FlushAll();
  // Forgets the connections of flows for which `gone` holds.
  template <typename Gone>
  void Forget(Gone gone) {
    std::erase_if(flows_, [&gone](const auto& entry) { return gone(entry.second); });
  }

  uint64_t dropped() const { return dropped_; }

 private:
  static constexpr int64_t kUnknown = -1;
  // What waits for missing segments is bounded: beyond it segments are not stored.
  static constexpr size_t kMaxPages = 1 << 18;
  static constexpr size_t kMaxStreams = 1 << 18;

  struct EndsHash {
    size_t operator()(const StreamEnds& ends) const { return ends.Hash(); }
  };
  struct Page {
    int64_t sequence;
    int64_t bytes;
    int64_t time_ns;
    int64_t skip;
    bool start;
    bool end;
  };
  struct Stream {
    FlowHandle flow;
    std::deque<Page> waiting;
    int64_t next = kUnknown;
    int64_t last_ns = 0;
    int64_t seen_ns = 0;  // latest element in time
    bool any = false;
    TcpMetric::Stream counters;
  };
  using Streams = std::unordered_map<StreamEnds, Stream, EndsHash>;

  static StreamEnds EndsOf(const layers::Layer& network, const layers::Layer& tcp);
  void Store(Stream& stream, int64_t sequence, int64_t bytes, bool end, int64_t time_ns);
  Page TakeFirst(Stream& stream);
  static void Deliver(Stream& stream, const Page& page);
  // Delivers the page and what becomes contiguous; true when that ends the stream.
  bool Send(Stream& stream, const Page& page);
  void Complete(Streams::iterator at);

  StreamSink& sink_;
  Streams streams_;
  // By the ends in canonical order.
  std::unordered_map<StreamEnds, FlowHandle, EndsHash> flows_;
  size_t pages_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace skydive::flow
