// SPDX-License-Identifier: Apache-2.0
#include "capture/datagram_capture.h"

#include <chrono>
#include <cerrno>
#include <system_error>

#include "kernel/network_namespace.h"

namespace skydive::capture {
namespace {

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void Bind(std::optional<kernel::UdpReceiver>& socket, const ListenOptions& listen) {
  for (uint32_t port = listen.port_min;; ++port) {
    try {
      socket.emplace(listen.address, uint16_t(port), listen.receive_bytes);
      return;
    } catch (const std::system_error& failure) {
      if (failure.code().value() != EADDRINUSE || port >= listen.port_max) throw;
    }
  }
}

}  // namespace

DatagramCapture::DatagramCapture(const ListenOptions& listen, TableOptions options, const layers::UdpPorts& ports,
                                 Notify notify)
    : LiveCapture(std::move(options), ports, std::move(notify)) {
  const kernel::NamespaceHandle where = kernel::OpenNamespace(listen.namespace_path);
  kernel::InsideNamespace(where, [&] { Bind(socket_, listen); });
  counted_.port = socket_->port();
}

void DatagramCapture::Drain() {
  for (int read = 0; read < kReadsAtOnce; ++read) {
    const auto datagrams = socket_->Read();
    const int64_t now_ns = NowNs();
    const std::lock_guard lock(mutex_);
    counted_.datagrams += datagrams.size();
    for (size_t i = 0; i < datagrams.size(); ++i) {
      const kernel::UdpSource source = socket_->Source(i);
      const layers::Cursor bytes(reinterpret_cast<const uint8_t*>(datagrams[i].data()), datagrams[i].size());
      std::string why;
      if (Take({bytes, source, now_ns}, why)) continue;
      ++counted_.malformed;
      counted_.complaint = source.Text() + ": " + why;
    }
    Finish();
    if (datagrams.size() < kernel::UdpReceiver::kBatch) return;
  }
}

void DatagramCapture::AddStats(CaptureStats& stats) {
  if (socket_) counted_.dropped = socket_->Dropped();
  stats.listener = counted_;
  AddListenerStats(*stats.listener);
  stats.packets_received = counted_.datagrams + counted_.dropped;
  stats.packets_dropped = counted_.dropped;
}

void DatagramCapture::Release() {
  counted_.dropped = socket_->Dropped();
  socket_.reset();
}

}  // namespace skydive::capture
