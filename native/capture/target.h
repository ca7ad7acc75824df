// SPDX-License-Identifier: Apache-2.0
// Where what a capture sees goes instead of the analyzer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "flow/table.h"

namespace skydive::capture {

struct TargetOptions {
  enum class Kind { kNetflow5, kIpfix, kErspan };
  Kind kind = Kind::kNetflow5;
  std::string address;  // in digits
  uint16_t port = 0;    // ERSPAN has none
  // ERSPAN: of the captured interface.
  uint32_t interface_index = 0;
  // IPFIX: tells apart the captures of one host.
  uint32_t domain = 0;
};

struct TargetStats {
  uint64_t sent = 0;     // datagrams or packets
  uint64_t dropped = 0;  // no room to keep them
  uint64_t failed = 0;   // the kernel refused them, or nobody listened
  uint64_t skipped = 0;  // flows that the format cannot tell of
  int error = 0;         // errno of the latest failure
};

// Flows and Stats are called under one lock; Packets are not.
class Target {
 public:
  virtual ~Target() = default;
  // Whether it takes packets; if not, it takes flows.
  virtual bool takes_packets() const = 0;
  virtual void Packets(std::span<const flow::Packet>) {}
  virtual void Flows(const flow::Table&, std::span<const uint32_t>) {}
  // Sends what waits, in a second at most.
  virtual void Finish() {}
  virtual TargetStats Stats() = 0;
};

// Its socket is in the network namespace of the calling thread. Throws std::exception.
std::unique_ptr<Target> MakeTarget(const TargetOptions& options);

}  // namespace skydive::capture
