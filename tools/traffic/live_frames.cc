// SPDX-License-Identifier: Apache-2.0
// Sends UDP packets at a chosen rate without copying them through a socket: the kernel's test run of an XDP program
// on live frames (Documentation/bpf/bpf_prog_run.rst), which redirects each frame to an interface.
//
//   live_frames INTERFACE RATE FLOWS PACKETS [BYTES]
//
// The frames leave by INTERFACE; of a veth the other end receives them, when it has GRO or an XDP program. RATE is
// packets a second, 0 as many as go. Every flow comes once a round, in a scattered order. Writes one line of JSON.
#include <linux/bpf.h>
#include <net/if.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr int64_t kSecondNs = 1000000000;
constexpr uint32_t kEthernet = 14;
constexpr uint32_t kIpSource = kEthernet + 12;
constexpr uint32_t kIpTarget = kEthernet + 16;
constexpr uint32_t kUdp = kEthernet + 20;
constexpr uint32_t kLeastBytes = kUdp + 8;
// Coprime to any number of flows below it: multiples of it visit them all.
constexpr int32_t kStride = 1000000007;
constexpr uint16_t kFirstPort = 20000;

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "live_frames: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

int Bpf(int command, bpf_attr& attributes) {
  return int(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecondNs + now.tv_nsec;
}

bpf_insn Step(int code, int target, int source, int offset, int32_t value) {
  bpf_insn step{};
  step.code = uint8_t(code);
  step.dst_reg = uint8_t(target) & 0xf;
  step.src_reg = uint8_t(source) & 0xf;
  step.off = int16_t(offset);
  step.imm = value;
  return step;
}

// One element: the number of the next packet.
int MakeCounter() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = 8;
  attributes.max_entries = 1;
  const int fd = Bpf(BPF_MAP_CREATE, attributes);
  if (fd < 0) Fail("cannot make a map (needs root)");
  return fd;
}

// Numbers the packet, writes the number of its flow into it and redirects it.
//
// The flow's number is split over the low halves of both addresses, one as its complement so that the header's
// checksum stays right, and the source port.
std::vector<bpf_insn> Program(int counter, uint32_t interface, uint32_t flows) {
  enum { kLoad4 = BPF_LDX | BPF_MEM | BPF_W, kLoad8 = BPF_LDX | BPF_MEM | BPF_DW };
  enum { kStore2 = BPF_STX | BPF_MEM | BPF_H, kStore8 = BPF_STX | BPF_MEM | BPF_DW };
  enum { kMove = BPF_ALU64 | BPF_MOV | BPF_X, kSet = BPF_ALU64 | BPF_MOV | BPF_K };
  enum { kAdd = BPF_ALU64 | BPF_ADD | BPF_K, kTimes = BPF_ALU64 | BPF_MUL | BPF_K };
  enum { kModulo = BPF_ALU64 | BPF_MOD | BPF_K, kShift = BPF_ALU64 | BPF_RSH | BPF_K };
  enum { kXor = BPF_ALU64 | BPF_XOR | BPF_K, kSwap = BPF_ALU | BPF_END | BPF_TO_BE };
  return {
      Step(kLoad4, 2, 1, offsetof(xdp_md, data), 0),
      Step(kLoad4, 3, 1, offsetof(xdp_md, data_end), 0),
      Step(kMove, 4, 2, 0, 0),
      Step(kAdd, 4, 0, 0, kLeastBytes),
      Step(BPF_JMP | BPF_JLE | BPF_X, 4, 3, 2, 0),
      Step(kSet, 0, 0, 0, XDP_DROP),
      Step(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
      Step(BPF_LD | BPF_IMM | BPF_DW, 8, BPF_PSEUDO_MAP_VALUE, 0, counter),
      Step(0, 0, 0, 0, 0),
      Step(kLoad8, 5, 8, 0, 0),
      Step(kMove, 1, 5, 0, 0),
      Step(kAdd, 1, 0, 0, 1),
      Step(kStore8, 8, 1, 0, 0),
      Step(kTimes, 5, 0, 0, kStride),
      Step(kModulo, 5, 0, 0, int32_t(flows)),
      Step(kStore2, 2, 5, kIpSource + 2, 0),
      Step(kMove, 1, 5, 0, 0),
      Step(kXor, 1, 0, 0, 0xffff),
      Step(kStore2, 2, 1, kIpTarget + 2, 0),
      Step(kShift, 5, 0, 0, 16),
      Step(kAdd, 5, 0, 0, kFirstPort),
      Step(kSwap, 5, 0, 0, 16),
      Step(kStore2, 2, 5, kUdp, 0),
      Step(kSet, 1, 0, 0, int32_t(interface)),
      Step(kSet, 2, 0, 0, 0),
      Step(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect),
      Step(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
}

int Load(const std::vector<bpf_insn>& program) {
  static char log[16384];
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_XDP;
  attributes.insns = uint64_t(program.data());
  attributes.insn_cnt = uint32_t(program.size());
  attributes.license = uint64_t("GPL");
  attributes.log_buf = uint64_t(log);
  attributes.log_size = sizeof log;
  attributes.log_level = 1;
  const int fd = Bpf(BPF_PROG_LOAD, attributes);
  if (fd < 0) {
    std::fputs(log, stderr);
    Fail("cannot load the program");
  }
  return fd;
}

// To an address that nobody has, so that nothing answers.
std::vector<uint8_t> Frame(uint32_t bytes) {
  std::vector<uint8_t> frame(std::max(bytes, kLeastBytes));
  const uint8_t start[] = {2, 0, 0, 0, 9, 2, 2, 0, 0, 0, 9, 1, 8, 0, 0x45, 0};
  std::copy(std::begin(start), std::end(start), frame.begin());
  const auto put = [&frame](uint32_t at, uint32_t value) {
    frame[at] = uint8_t(value >> 8);
    frame[at + 1] = uint8_t(value);
  };
  put(kEthernet + 2, uint32_t(frame.size()) - kEthernet);
  frame[kEthernet + 8] = 64;
  frame[kEthernet + 9] = 17;
  put(kIpSource, 0x0a01);
  put(kIpTarget, 0x0a02);
  put(kIpTarget + 2, 0xffff);
  uint32_t sum = 0;
  for (uint32_t at = kEthernet; at < kUdp; at += 2) sum += frame[at] << 8 | frame[at + 1];
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  put(kEthernet + 10, ~sum & 0xffff);
  put(kUdp + 2, 9999);
  put(kUdp + 4, uint32_t(frame.size()) - kUdp);
  return frame;
}

void Send(int program, std::vector<uint8_t>& frame, uint32_t packets) {
  xdp_md context{};
  context.data_end = uint32_t(frame.size());
  context.ingress_ifindex = 1;
  bpf_attr attributes{};
  attributes.test.prog_fd = uint32_t(program);
  attributes.test.data_in = uint64_t(frame.data());
  attributes.test.data_size_in = uint32_t(frame.size());
  attributes.test.ctx_in = uint64_t(&context);
  attributes.test.ctx_size_in = sizeof context;
  attributes.test.repeat = packets;
  attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  attributes.test.batch_size = std::min(packets, 64u);
  while (Bpf(BPF_PROG_TEST_RUN, attributes) < 0) {
    if (errno != EINTR && errno != EAGAIN) Fail("cannot send");
  }
}

}  // namespace

int main(int count, char** words) {
  if (count < 5) {
    std::fprintf(stderr, "usage: live_frames INTERFACE RATE FLOWS PACKETS [BYTES]\n");
    return 2;
  }
  const uint32_t interface = if_nametoindex(words[1]);
  if (interface == 0) Fail(words[1]);
  const uint64_t rate = std::strtoull(words[2], nullptr, 10);
  const uint64_t flows = std::max<uint64_t>(1, std::strtoull(words[3], nullptr, 10));
  const uint64_t packets = std::strtoull(words[4], nullptr, 10);
  std::vector<uint8_t> frame = Frame(count > 5 ? uint32_t(std::strtoul(words[5], nullptr, 10)) : 60);
  const int program = Load(Program(MakeCounter(), interface, uint32_t(flows)));

  // A burst a millisecond; what a late wake-up missed is made up for.
  constexpr uint64_t kBurstAtMost = 16384;
  const int64_t start = NowNs();
  uint64_t sent = 0;
  while (sent < packets) {
    uint64_t due = kBurstAtMost;
    if (rate != 0) {
      const uint64_t by_now = uint64_t(double(NowNs() - start) * double(rate) / kSecondNs);
      due = by_now > sent ? std::min(by_now - sent, kBurstAtMost) : 0;
    }
    due = std::min(due, packets - sent);
    if (due > 0) Send(program, frame, uint32_t(due));
    sent += due;
    if (rate != 0) usleep(1000);
  }
  const double seconds = double(NowNs() - start) / kSecondNs;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double cpu = double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  std::printf("{\"packets\":%" PRIu64 ",\"seconds\":%.3f,\"cpuSeconds\":%.3f}\n", sent, seconds, cpu);
  return 0;
}
