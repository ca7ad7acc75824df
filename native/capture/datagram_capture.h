// SPDX-License-Identifier: Apache-2.0
// A capture that is fed by datagrams of exporters instead of packets of an interface: sFlow, NetFlow, IPFIX.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "capture/live_capture.h"
#include "kernel/udp_receiver.h"

namespace skydive::capture {

struct ListenOptions {
  std::string address;  // numeric, IPv4 or IPv6
  // The first port of these that is free.
  uint16_t port_min = 0;
  uint16_t port_max = 0;
  std::string namespace_path;  // the own one when empty
  size_t receive_bytes = 4 << 20;
};

class DatagramCapture : public LiveCapture {
 protected:
  // Throws std::system_error when no port can be bound.
  DatagramCapture(const ListenOptions& listen, TableOptions options, const layers::UdpPorts& ports, Notify notify);

  struct Datagram {
    layers::Cursor bytes;
    const kernel::UdpSource& source;
    int64_t time_ns;  // when it was read
  };
  // Counts what a datagram tells, under the lock. False when it is malformed: `why` tells.
  virtual bool Take(const Datagram& datagram, std::string& why) = 0;
  // Counts what `Take` has put off, as long as the bytes of the datagrams are there.
  virtual void Finish() {}
  // Adds what only the protocol knows.
  virtual void AddListenerStats(CaptureStats::Listener&) {}

 private:
  // Reads of so many datagrams each, so that one busy exporter leaves other captures their turn.
  static constexpr int kReadsAtOnce = 16;

  int fd() const override { return socket_->fd(); }
  void Drain() override;
  void AddStats(CaptureStats& stats) override;
  void Release() override;

  std::optional<kernel::UdpReceiver> socket_;
  CaptureStats::Listener counted_;
};

}  // namespace skydive::capture
