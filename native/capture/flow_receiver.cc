// SPDX-License-Identifier: Apache-2.0
#include "capture/flow_receiver.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace skydive::capture {

FlowReceiver::FlowReceiver(const std::string& address, uint16_t port, flow::Intake& intake)
    : intake_(intake), socket_(address, port, kReceiveBytes), stop_(eventfd(0, EFD_CLOEXEC)) {
  if (!stop_) throw std::system_error(errno, std::generic_category(), "cannot make an eventfd");
  thread_ = std::thread([this] { Run(); });
}

FlowReceiver::~FlowReceiver() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void FlowReceiver::Run() {
  pollfd watched[] = {{socket_.fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  for (;;) {
    poll(watched, 2, -1);
    if ((watched[1].revents & POLLIN) != 0) return;
    for (auto datagrams = socket_.Read(); !datagrams.empty(); datagrams = socket_.Read()) {
      datagrams_ += datagrams.size();
      intake_.Put(datagrams);
      if (datagrams.size() < kernel::UdpReceiver::kBatch) break;
    }
  }
}

}  // namespace skydive::capture
