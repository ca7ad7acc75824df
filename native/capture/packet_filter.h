// SPDX-License-Identifier: Apache-2.0
// A pcap expression (pcap-filter(7)), compiled once, run on packets in memory.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace skydive::capture {

class PacketFilter {
 public:
  // Throws std::runtime_error with libpcap's message when the expression does not compile, or when libpcap,
  // which is loaded at the first use, is not there. Names in the expression are looked up: the caller keeps
  // them out.
  PacketFilter(const std::string& expression, int link_type, int snap_length);
  ~PacketFilter();
  PacketFilter(const PacketFilter&) = delete;
  PacketFilter& operator=(const PacketFilter&) = delete;

  bool Matches(std::span<const uint8_t> packet, uint32_t wire = 0) const;
  // The program for a socket: it returns the bytes to keep of a packet, none of what does not match.
  std::vector<sock_filter> Steps() const;

 private:
  struct Program;
  std::unique_ptr<Program> program_;
};

}  // namespace skydive::capture
