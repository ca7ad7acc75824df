// SPDX-License-Identifier: Apache-2.0
#include "kernel/flow_hook.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "kernel/bpf.h"

namespace skydive::kernel {
namespace {

// enum bpf_attach_type of Linux 6.6.
constexpr uint32_t kTcxIngress = 46;
constexpr uint32_t kTcxEgress = 47;

[[noreturn]] void Fail(const std::string& what, const std::string& interface) {
  throw std::system_error(errno, std::generic_category(), what + " on " + interface);
}

int Link(int program, uint32_t interface, uint32_t where) {
  bpf_attr attributes{};
  attributes.link_create.prog_fd = uint32_t(program);
  attributes.link_create.target_ifindex = interface;
  attributes.link_create.attach_type = where;
  return Bpf(BPF_LINK_CREATE, attributes);
}

class TcxHook : public FlowHook {
 public:
  TcxHook(int program, const std::string& interface) {
    const unsigned index = if_nametoindex(interface.c_str());
    if (index == 0) Fail("no such interface to capture", interface);
    ingress_.Reset(Link(program, index, kTcxIngress));
    if (ingress_) egress_.Reset(Link(program, index, kTcxEgress));
    if (!egress_) Fail("cannot attach by TCX", interface);
  }

  HookKind kind() const override { return HookKind::kTcx; }

  // A link whose interface went stays, without an interface.
  bool Alive(std::string& why) const override {
    bpf_link_info info{};
    bpf_attr attributes{};
    attributes.info.bpf_fd = uint32_t(ingress_.get());
    attributes.info.info_len = sizeof info;
    attributes.info.info = reinterpret_cast<uint64_t>(&info);
    // `tcx.ifindex` is where `xdp.ifindex` is.
    if (Bpf(BPF_OBJ_GET_INFO_BY_FD, attributes) < 0 || info.xdp.ifindex != 0) return true;
    why = "the interface is gone";
    return false;
  }

 private:
  Descriptor ingress_;
  Descriptor egress_;
};

class SocketHook : public FlowHook {
 public:
  SocketHook(int program, const std::string& interface) {
    const unsigned index = if_nametoindex(interface.c_str());
    if (index == 0) Fail("no such interface to capture", interface);
    socket_.Reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) Fail("cannot open a packet socket (needs CAP_NET_RAW)", interface);
    if (setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof program) < 0)
      Fail("cannot attach to a packet socket", interface);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = int(index);
    if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
      Fail("cannot capture", interface);
  }

  HookKind kind() const override { return HookKind::kSocketFilter; }

  bool Alive(std::string& why) const override {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error == 0 || error == ENETDOWN)
      return true;
    why = std::system_category().message(error);
    return false;
  }

 private:
  Descriptor socket_;
};

}  // namespace

const char* NameOf(HookKind kind) {
  switch (kind) {
    case HookKind::kTcx:
      return "tcx";
    case HookKind::kClsact:
      return "clsact";
    default:
      return "socket";
  }
}

std::unique_ptr<FlowHook> HangOnTcx(int program, const std::string& interface) {
  return std::make_unique<TcxHook>(program, interface);
}

std::unique_ptr<FlowHook> HangOnSocket(int program, const std::string& interface) {
  return std::make_unique<SocketHook>(program, interface);
}

// No interface has number 0: a kernel that knows TCX misses it, an older one the way to attach.
bool KnowsTcx(int program) {
  const Descriptor link(Link(program, 0, kTcxIngress));
  return !link && errno == ENODEV;
}

}  // namespace skydive::kernel
