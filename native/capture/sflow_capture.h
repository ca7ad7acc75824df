// SPDX-License-Identifier: Apache-2.0
// Packets that sFlow agents sampled, into flows; and what they count, for who asks.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "capture/datagram_capture.h"
#include "capture/packet_filter.h"
#include "capture/sequence.h"
#include "capture/sflow_reader.h"

namespace skydive::capture {

struct SflowCaptureOptions {
  ListenOptions listen;
  TableOptions table;
  std::string filter;  // of pcap-filter(7), for Ethernet; all packets when empty
  int header_size = 256;
};

class SflowCapture : public DatagramCapture {
 public:
  // Throws std::system_error when no port can be bound, std::runtime_error with libpcap's text.
  SflowCapture(const SflowCaptureOptions& options, const layers::UdpPorts& ports, Notify notify);
  ~SflowCapture() override { Stop(); }

  std::vector<SflowCounters> TakeCounters(size_t limit) override;

 private:
  // Records of counters that wait; the oldest go.
  static constexpr size_t kMaxCounters = 8192;
  // Agents whose sequences are followed; the others' are not.
  static constexpr size_t kMaxSequences = 4096;

  bool Take(const Datagram& datagram, std::string& why) override;
  // A table takes many packets at once in less time than one by one.
  void Finish() override;
  void AddListenerStats(CaptureStats::Listener& stats) override;
  void TakeHead(const SflowHead& head);
  void TakePacket(const SflowPacket& sampled, int64_t time_ns);

  std::optional<PacketFilter> filter_;
  std::vector<flow::Packet> packets_;
  std::deque<SflowCounters> counters_;
  std::map<SflowHead, Sequence> sequences_;
  CaptureStats::Listener counted_;
};

}  // namespace skydive::capture
