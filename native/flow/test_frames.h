// SPDX-License-Identifier: Apache-2.0
// Packets for the tests of tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flow/table.h"

namespace skydive::flow::test {

inline constexpr int64_t kStartMs = 1500000000000;

inline void Append16(std::vector<uint8_t>& to, uint16_t value) {
  to.push_back(uint8_t(value >> 8));
  to.push_back(uint8_t(value));
}

// Ethernet and IPv4 around a transport layer, from host 10.0.x.y with MAC 02:00:00:00:x:y.
inline std::vector<uint8_t> Frame(uint16_t from, uint16_t to, uint8_t protocol,
                                  const std::vector<uint8_t>& transport, uint16_t fragment = 0,
                                  uint16_t id = 1) {
  std::vector<uint8_t> frame = {2, 0, 0,    0, uint8_t(to >> 8),   uint8_t(to),
                                2, 0, 0,    0, uint8_t(from >> 8), uint8_t(from),
                                8, 0, 0x45, 0};
  Append16(frame, uint16_t(20 + transport.size()));
  Append16(frame, id);
  Append16(frame, fragment);
  for (const uint8_t byte :
       {uint8_t{64}, protocol, uint8_t{0}, uint8_t{0}, uint8_t{10}, uint8_t{0}, uint8_t(from >> 8),
        uint8_t(from), uint8_t{10}, uint8_t{0}, uint8_t(to >> 8), uint8_t(to)})
    frame.push_back(byte);
  frame.insert(frame.end(), transport.begin(), transport.end());
  return frame;
}

inline std::vector<uint8_t> Udp(uint16_t from_port, uint16_t to_port, size_t payload = 4) {
  std::vector<uint8_t> udp;
  Append16(udp, from_port);
  Append16(udp, to_port);
  Append16(udp, uint16_t(8 + payload));
  Append16(udp, 0);
  udp.resize(8 + payload);
  return udp;
}

enum TcpFlag : uint8_t { kFin = 1, kSyn = 2, kRst = 4, kAck = 16 };

inline std::vector<uint8_t> Tcp(uint16_t from_port, uint16_t to_port, uint8_t flags, uint32_t sequence = 1,
                                size_t payload = 0) {
  std::vector<uint8_t> tcp;
  Append16(tcp, from_port);
  Append16(tcp, to_port);
  Append16(tcp, uint16_t(sequence >> 16));
  Append16(tcp, uint16_t(sequence));
  tcp.resize(20 + payload);
  tcp[12] = 0x50;
  tcp[13] = flags;
  return tcp;
}

inline void Feed(Table& table, const std::vector<uint8_t>& frame, int64_t time_ms) {
  const Packet packet{layers::Cursor(frame.data(), frame.size()), time_ms * 1000000, uint32_t(frame.size()),
                      0, layers::Protocol::kEthernet};
  table.Process({&packet, 1});
}

// What a sink was given, the flows' fields copied.
struct Sent : FlowSink {
  struct Flow {
    uint64_t uuid;
    FinishType finish;
    bool updated;
    Metric update;
    Metric total;
    size_t raw_packets;
  };
  std::vector<Flow> flows;
  size_t calls = 0;

  void Flows(const Table& table, std::span<const uint32_t> places) override {
    ++calls;
    for (const uint32_t place : places) {
      const Cold& cold = table.cold(place);
      Flow flow{cold.uuid, cold.finish,        false,
                {},        table.Total(place), cold.extension ? cold.extension->raw_packets.size() : 0};
      flow.updated = table.LastUpdate(place, flow.update);
      flows.push_back(flow);
    }
  }
};

}  // namespace skydive::flow::test
