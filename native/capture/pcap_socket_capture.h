// SPDX-License-Identifier: Apache-2.0
// A capture whose packets others send: each connection to its TCP port carries a capture file.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/live_capture.h"
#include "capture/pcap_stream.h"
#include "kernel/descriptor.h"
#include "kernel/tcp_listener.h"

namespace skydive::capture {

struct PcapSocketOptions {
  std::string address;
  uint16_t min_port = 0;
  uint16_t max_port = 0;
  std::string filter;
  TableOptions table;
  int64_t header_ms = 30000;  // that long a connection may say nothing
};

class PcapSocketCapture : public LiveCapture {
 public:
  static constexpr size_t kMaxConnections = 32;

  // Throws std::system_error when no port is free.
  PcapSocketCapture(PcapSocketOptions options, const layers::UdpPorts& ports, Notify notify);
  ~PcapSocketCapture() override { Stop(); }

 private:
  static constexpr size_t kReadBytes = 64 << 10;

  struct Connection {
    Connection(uint64_t id, kernel::Descriptor socket, const std::string& filter, int64_t deadline_ms)
        : id(id), socket(std::move(socket)), stream(filter), deadline_ms(deadline_ms) {}

    const uint64_t id;
    kernel::Descriptor socket;
    PcapStream stream;
    const int64_t deadline_ms;
    bool watched = false;  // its bytes wake the capture
    bool ended = false;    // no more bytes come
  };

  int fd() const override { return epoll_.get(); }
  // Accepts, reads, and replays what is due.
  void Drain() override;
  // Closes connections that say nothing, and accepts again after a failure.
  int64_t Poll(int64_t now_ms) override;
  void AddStats(CaptureStats& stats) override;
  void Release() override;

  void Accept();
  // Reads and replays as long as nothing has to wait, within the budget of packets.
  void Serve(Connection& connection, size_t& budget);
  void Replay(Connection& connection, size_t& budget);
  void Watch(Connection& connection, bool watched);
  void End(Connection& connection);
  void ArmTimer(bool at_once);
  void Add(int fd, uint64_t id);

  const PcapSocketOptions options_;
  std::optional<kernel::TcpListener> listener_;
  kernel::Descriptor epoll_;
  kernel::Descriptor timer_;
  std::map<uint64_t, std::unique_ptr<Connection>> connections_;
  uint64_t next_id_;
  bool accepting_ = true;
  int64_t accept_again_ms_ = 0;
  std::array<uint8_t, kReadBytes> buffer_;
  std::vector<flow::Packet> packets_;

  std::atomic<uint64_t> received_ = 0;
  CaptureStats::Streams streams_;  // under the lock
};

}  // namespace skydive::capture
