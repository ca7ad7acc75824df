// SPDX-License-Identifier: Apache-2.0
// Rebuilds IPv4 datagrams from their fragments, with gopacket's arithmetic.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "flow/create.h"
#include "layers/stack.h"

namespace skydive::flow {

class Defragmenter {
 public:
  enum class Outcome : uint8_t {
    kWhole,    // not a fragment: go on
    kWaiting,  // kept or refused: the packet is used up
    kRebuilt,  // the last missing one: `payload` holds what the datagram carried
  };
  struct Result {
    Outcome outcome = Outcome::kWhole;
    bool has_metric = false;  // the packet has an IPv4 layer
    IpMetric metric;
    uint8_t protocol = 0;
    layers::Cursor payload;  // valid until the next call
  };

  Result Add(const layers::Stack& stack, int64_t time_ns);

  // Forgets counters, and the fragments that waited since before the time.
  void Flush(int64_t older_than_ns);

  uint64_t dropped() const { return dropped_; }

 private:
  // What waits is bounded: beyond it new datagrams are refused.
  static constexpr size_t kMaxBytes = 16 << 20;
  static constexpr size_t kMaxParts = 8192;
  static constexpr size_t kMaxDatagrams = 65536;

  struct Id {
    uint64_t addresses;
    uint16_t id;
    bool operator==(const Id&) const = default;
  };
  struct IdHash {
    size_t operator()(const Id& id) const {
      return (id.addresses ^ id.id * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    }
  };
  struct Part {
    uint16_t offset;  // in units of 8 bytes
    uint16_t length;  // total length of its header
    std::vector<uint8_t> payload;
  };
  struct Datagram {
    std::list<Part> parts;
    size_t bytes = 0;
    uint16_t highest = 0;
    uint16_t current = 0;
    bool final_received = false;
    int64_t last_ns = 0;
  };

  enum class Insertion : uint8_t { kWaiting, kComplete, kBroken };

  static Insertion Insert(Datagram& datagram, const layers::Layer& ipv4, int64_t time_ns);
  bool Build(const Datagram& datagram);
  void Drop(const Id& id);

  std::unordered_map<Id, Datagram, IdHash> datagrams_;
  std::unordered_map<Id, IpMetric, IdHash> metrics_;
  std::vector<uint8_t> rebuilt_;
  size_t bytes_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace skydive::flow
