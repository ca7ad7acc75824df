// SPDX-License-Identifier: Apache-2.0
// The classifier hook of kernels before TCX: filters of a clsact qdisc, by rtnetlink.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "kernel/flow_hook.h"
#include "kernel/netlink_socket.h"

namespace skydive::kernel {
namespace {

constexpr uint32_t kIngress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
constexpr uint32_t kEgress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);
constexpr char kPrefix[] = "skydive-flow-";

// When a process started, in ticks since boot; empty when there is none. With its id it names a process for good.
std::string StartOf(const std::string& process) {
  std::ifstream file("/proc/" + process + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const size_t end = text.rfind(')');
  if (end == std::string::npos) return {};
  size_t at = end + 1;
  for (int field = 2; field < 21 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
  if (at == std::string::npos) return {};
  return text.substr(at + 1, text.find(' ', at + 1) - at - 1);
}

// Process ids mean something within one namespace only.
std::string OwnPrefix() {
  struct stat facts{};
  if (stat("/proc/self/ns/pid", &facts) < 0) return kPrefix;
  return kPrefix + std::to_string(facts.st_ino) + "-";
}

// skydive-flow-<namespace of processes>-<process>-<its start>-<number>
std::string NewName() {
  static std::atomic<uint32_t> count = 0;
  const std::string process = std::to_string(getpid());
  return OwnPrefix() + process + "-" + StartOf(process) + "-" + std::to_string(++count);
}

// Whether a filter's name is that of a process that is no more.
bool IsOrphan(const std::string& name) {
  const std::string prefix = OwnPrefix();
  if (!name.starts_with(prefix)) return false;
  const std::string rest = name.substr(prefix.size());
  const size_t first = rest.find('-');
  const size_t second = rest.find('-', first + 1);
  if (first == std::string::npos || second == std::string::npos) return false;
  return StartOf(rest.substr(0, first)) != rest.substr(first + 1, second - first - 1);
}

class Request {
 public:
  explicit Request(const tcmsg& header) { Append(&header, sizeof header); }

  void Add(uint16_t type, const void* value, size_t size) {
    const rtattr header{uint16_t(RTA_LENGTH(size)), type};
    Append(&header, sizeof header);
    Append(value, size);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }
  void Add(uint16_t type, const std::string& text) { Add(type, text.c_str(), text.size() + 1); }
  template <typename Fill>
  void Nest(uint16_t type, Fill fill) {
    const size_t at = bytes_.size();
    const rtattr header{0, type};
    Append(&header, sizeof header);
    fill();
    const uint16_t size = uint16_t(bytes_.size() - at);
    std::memcpy(&bytes_[at], &size, sizeof size);
  }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  void Append(const void* from, size_t size) {
    bytes_.resize(bytes_.size() + size);
    std::memcpy(bytes_.data() + bytes_.size() - size, from, size);
  }

  std::vector<uint8_t> bytes_;
};

tcmsg Header(int interface, uint32_t parent) {
  tcmsg header{};
  header.tcm_family = AF_UNSPEC;
  header.tcm_ifindex = interface;
  header.tcm_parent = parent;
  return header;
}

// The filter of one direction, found by its name.
struct Filter {
  uint32_t parent;
  uint32_t info;  // priority and protocol
  uint32_t handle;
  std::string name;
};

std::vector<Filter> FiltersOf(NetlinkSocket& socket, int interface) {
  std::vector<Filter> filters;
  for (const uint32_t parent : {kIngress, kEgress}) {
    const Request request(Header(interface, parent));
    socket.Dump(RTM_GETTFILTER, request.bytes(), [&](const Message& message) {
      const auto header = ReadAs<tcmsg>(message.payload);
      if (!header || message.payload.size() < NLMSG_ALIGN(sizeof(tcmsg))) return;
      Filter filter{parent, header->tcm_info, header->tcm_handle, {}};
      AttributeCursor attributes(message.payload.subspan(NLMSG_ALIGN(sizeof(tcmsg))));
      while (attributes.Next()) {
        if (attributes.type() != TCA_OPTIONS) continue;
        AttributeCursor options(attributes.payload());
        while (options.Next()) {
          const Bytes name = options.payload();
          if (options.type() == TCA_BPF_NAME && !name.empty()) filter.name.assign(name.begin(), name.end() - 1);
        }
      }
      if (filter.handle != 0) filters.push_back(filter);
    });
  }
  return filters;
}

class ClsactHook : public FlowHook {
 public:
  ClsactHook(int program, const std::string& interface) : socket_(NetlinkSocket::Open()) {
    index_ = int(if_nametoindex(interface.c_str()));
    if (index_ == 0) Fail("no such interface to capture", interface);
    tcmsg header = Header(index_, TC_H_CLSACT);
    header.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
    Request qdisc(header);
    qdisc.Add(TCA_KIND, "clsact");
    made_ = socket_.Do(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, qdisc.bytes()) == 0;
    if (!made_ && errno != EEXIST) Fail("cannot make a clsact qdisc", interface);
    Remove(IsOrphan);
    name_ = NewName();
    for (const uint32_t parent : {kIngress, kEgress}) {
      tcmsg place = Header(index_, parent);
      place.tcm_info = TC_H_MAKE(0, htons(ETH_P_ALL));
      Request filter(place);
      filter.Add(TCA_KIND, "bpf");
      filter.Nest(TCA_OPTIONS, [&] {
        const uint32_t fd = uint32_t(program);
        const uint32_t flags = TCA_BPF_FLAG_ACT_DIRECT;
        filter.Add(TCA_BPF_FD, &fd, sizeof fd);
        filter.Add(TCA_BPF_NAME, name_);
        filter.Add(TCA_BPF_FLAGS, &flags, sizeof flags);
      });
      if (socket_.Do(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, filter.bytes()) == 0) continue;
      const int why = errno;
      Unhang();
      errno = why;
      Fail("cannot attach a tc filter", interface);
    }
  }

  ~ClsactHook() override { Unhang(); }

  HookKind kind() const override { return HookKind::kClsact; }

  bool Alive(std::string& why) const override {
    ifinfomsg link{};
    link.ifi_index = index_;
    if (!socket_.Ask(RTM_GETLINK, {reinterpret_cast<const uint8_t*>(&link), sizeof link}).empty()) return true;
    why = "the interface is gone";
    return false;
  }

 private:
  [[noreturn]] static void Fail(const std::string& what, const std::string& interface) {
    throw std::system_error(errno, std::generic_category(), what + " on " + interface);
  }

  template <typename Which>
  size_t Remove(Which which) {
    size_t left = 0;
    for (const Filter& filter : FiltersOf(socket_, index_)) {
      if (!which(filter.name)) {
        ++left;
        continue;
      }
      tcmsg header = Header(index_, filter.parent);
      header.tcm_info = filter.info;
      header.tcm_handle = filter.handle;
      Request request(header);
      request.Add(TCA_KIND, "bpf");
      socket_.Do(RTM_DELTFILTER, 0, request.bytes());
    }
    return left;
  }

  // The qdisc goes too when it is ours and nobody else uses it.
  void Unhang() {
    const size_t left = Remove([this](const std::string& name) { return name == name_; });
    if (!made_ || left > 0) return;
    tcmsg header = Header(index_, TC_H_CLSACT);
    header.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
    socket_.Do(RTM_DELQDISC, 0, Request(header).bytes());
  }

  mutable NetlinkSocket socket_;
  int index_ = 0;
  bool made_ = false;
  std::string name_;
};

}  // namespace

std::unique_ptr<FlowHook> HangOnClsact(int program, const std::string& interface) {
  return std::make_unique<ClsactHook>(program, interface);
}

}  // namespace skydive::kernel
