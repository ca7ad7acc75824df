// SPDX-License-Identifier: Apache-2.0
// Flows for tests of the store.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "flow/protobuf_writer.h"

namespace skydive::flow::test {

struct TestFlow {
  std::string uuid = "1";
  std::string path = "Ethernet/IPv4/TCP";
  std::string application = "TCP";
  std::string node = "node";
  std::string capture = "capture";
  std::string tracking = "abc";
  std::string parent;
  std::string network_a = "10.0.0.1", network_b = "10.0.0.2";
  int64_t start = 1000, last = 2000;
  bool link = true, network = true, transport = true, icmp = false, metric = true, update = true;
  int64_t port_a = 1000, port_b = 80, vlan = 0;
  int64_t packets = 1, bytes = 54;
  int64_t update_start = 1000, update_last = 2000, update_packets = 1;
  int64_t icmp_type = 2, icmp_code = 0;
  int64_t finish = 0;
  std::string dns_response;  // a DNS layer with that code
  bool tcp_metric = false;
  int64_t syn = 0;
  struct Packet {
    int64_t time, index;
    std::string data;
  };
  std::vector<Packet> raw_packets;

  std::string Bytes() const {
    std::string out;
    ProtobufWriter writer(out);
    writer.Bytes(1, uuid);
    writer.Bytes(2, path);
    writer.Bytes(3, application);
    writer.Bytes(6, parent);
    writer.Varint(10, uint64_t(start));
    writer.Varint(11, uint64_t(last));
    if (link) {
      writer.Message(20, [&] {
        writer.Bytes(3, "02:00:00:00:00:01");
        writer.Bytes(4, "02:00:00:00:00:02");
        writer.Varint(5, uint64_t(vlan));
      });
    }
    if (network) {
      writer.Message(21, [&] {
        writer.Varint(1, 1);
        writer.Bytes(3, network_a);
        writer.Bytes(4, network_b);
      });
    }
    if (transport) {
      writer.Message(22, [&] {
        writer.Varint(1, 2);
        writer.Varint(2, uint64_t(port_a));
        writer.Varint(3, uint64_t(port_b));
      });
    }
    if (icmp) {
      writer.Message(23, [&] {
        writer.Varint(1, uint64_t(icmp_type));
        writer.Varint(2, uint64_t(icmp_code));
      });
    }
    const auto metrics = [&](uint32_t field, int64_t count, int64_t size, int64_t from, int64_t to) {
      writer.Message(field, [&] {
        writer.Varint(2, uint64_t(count));
        writer.Varint(3, uint64_t(size));
        writer.Varint(6, uint64_t(from));
        writer.Varint(7, uint64_t(to));
      });
    };
    if (update) metrics(31, update_packets, update_packets * 54, update_start, update_last);
    if (metric) metrics(32, packets, bytes, start, last);
    writer.Bytes(33, node);
    writer.Bytes(34, capture);
    for (const Packet& packet : raw_packets) {
      writer.Message(36, [&] {
        writer.Varint(1, uint64_t(packet.time));
        writer.Varint(2, uint64_t(packet.index));
        writer.Bytes(3, packet.data);
        writer.Varint(4, 1);
      });
    }
    writer.Varint(37, raw_packets.size());
    if (tcp_metric) writer.Message(38, [&] { writer.Varint(1, uint64_t(syn)); });
    writer.Bytes(50, tracking);
    writer.Bytes(51, tracking);
    writer.Varint(60, uint64_t(finish));
    if (!dns_response.empty()) writer.Message(1001, [&] { writer.Bytes(9, dns_response); });
    return out;
  }
};

inline TestFlow RandomFlow(std::mt19937& random, uint32_t flow) {
  const auto pick = [&random](uint32_t below) { return random() % below; };
  TestFlow made;
  made.uuid = flow % 5 == 0 ? "odd-" + std::to_string(flow) : std::to_string(flow + 1);
  made.path = pick(2) ? "Ethernet/IPv4/TCP" : "Ethernet/IPv4/UDP/DNS";
  made.application = std::vector<std::string>{"TCP", "DNS", "", "h\xc3\xa9"}[pick(4)];
  made.node = "node" + std::to_string(pick(4));
  made.capture = pick(3) ? "capture" : "";
  made.tracking = std::vector<std::string>{"abc", "0abc", "", "ffffffffffffffff", "1"}[pick(5)];
  made.parent = pick(4) ? "" : "abc";
  made.network_a = "10.0." + std::to_string(pick(3)) + "." + std::to_string(pick(8));
  made.network_b = pick(6) ? "10.1.0." + std::to_string(pick(8)) : "fd00::1";
  made.start = 10000 + flow * 7;
  made.last = made.start + pick(5000);
  made.link = pick(8) != 0;
  made.network = pick(8) != 0;
  made.transport = pick(4) != 0;
  made.icmp = pick(4) == 0;
  made.metric = pick(10) != 0;
  made.port_a = 1000 + pick(20);
  made.port_b = pick(10) ? 80 : -1;
  made.vlan = pick(3);
  made.packets = pick(2000);
  made.bytes = int64_t(random()) * pick(3);
  made.icmp_type = pick(15);
  made.icmp_code = pick(3);
  made.finish = pick(4);
  if (pick(5) == 0) made.dns_response = pick(2) ? "No Error" : "Query Refused";
  made.tcp_metric = pick(4) == 0;
  made.syn = pick(2) * 1500000000000;
  return made;
}

}  // namespace skydive::flow::test
