// SPDX-License-Identifier: Apache-2.0
#include "kernel/packet_ring.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernel/network_namespace.h"

namespace skydive::kernel {
namespace {

constexpr int kTagBytes = 4;
constexpr unsigned kFrameBytes = 2048;

[[noreturn]] void Fail(const std::string& what, const std::string& interface) {
  throw std::system_error(errno, std::generic_category(), what + " on " + interface);
}

template <typename T>
void Set(int fd, int level, int option, const T& value, const char* what, const std::string& interface) {
  if (setsockopt(fd, level, option, &value, sizeof value) < 0) Fail(what, interface);
}

// Moves the addresses into the room kept before them and writes the tag behind.
const uint8_t* PutTagBack(uint8_t* frame, uint16_t tci) {
  std::memmove(frame - kTagBytes, frame, 2 * ETH_ALEN);
  uint8_t* tag = frame - kTagBytes + 2 * ETH_ALEN;
  tag[0] = ETH_P_8021Q >> 8;
  tag[1] = ETH_P_8021Q & 0xff;
  tag[2] = uint8_t(tci >> 8);
  tag[3] = uint8_t(tci);
  return frame - kTagBytes;
}

}  // namespace

PacketRing::PacketRing(const RingOptions& options) {
  const NamespaceHandle where = OpenNamespace(options.namespace_path);
  InsideNamespace(where, [&] { Open(options); });
}

void PacketRing::Open(const RingOptions& options) {
  const std::string& interface = options.interface;
  const unsigned index = if_nametoindex(interface.c_str());
  if (index == 0) Fail("no such interface to capture", interface);
  // Without a protocol nothing arrives before the filter is in place.
  socket_.Reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int fd = socket_.get();
  if (fd < 0) Fail("cannot open a packet socket (needs CAP_NET_RAW)", interface);
  Set(fd, SOL_PACKET, PACKET_VERSION, int{TPACKET_V3}, "cannot use TPACKET_V3", interface);
  Set(fd, SOL_PACKET, PACKET_RESERVE, unsigned{kTagBytes}, "cannot keep room for VLAN tags", interface);
  const sock_fprog program{uint16_t(options.filter.size()), const_cast<sock_filter*>(options.filter.data())};
  Set(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, "cannot attach the filter", interface);
  blocks_ = uint32_t(std::max<size_t>(2, options.ring_bytes / kBlockBytes));
  tpacket_req3 request{};
  request.tp_block_size = kBlockBytes;
  request.tp_block_nr = blocks_;
  request.tp_frame_size = kFrameBytes;
  request.tp_frame_nr = kBlockBytes / kFrameBytes * blocks_;
  request.tp_retire_blk_tov = kRetireMs;
  Set(fd, SOL_PACKET, PACKET_RX_RING, request, "cannot make the ring", interface);
  map_bytes_ = kBlockBytes * size_t{blocks_};
  void* map = mmap(nullptr, map_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) Fail("cannot map the ring", interface);
  map_ = static_cast<uint8_t*>(map);
  if (options.promiscuous) {
    packet_mreq membership{};
    membership.mr_ifindex = int(index);
    membership.mr_type = PACKET_MR_PROMISC;
    Set(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership, "cannot become promiscuous", interface);
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = int(index);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    Fail("cannot capture", interface);
}

PacketRing::~PacketRing() {
  if (map_ != nullptr) munmap(map_, map_bytes_);
}

void PacketRing::ReleaseBlock() {
  if (!holding_) return;
  auto* block = reinterpret_cast<tpacket_block_desc*>(map_ + size_t{next_} * kBlockBytes);
  std::atomic_ref(block->hdr.bh1.block_status).store(TP_STATUS_KERNEL, std::memory_order_release);
  next_ = (next_ + 1) % blocks_;
  holding_ = false;
}

std::span<const RingPacket> PacketRing::Read() {
  ReleaseBlock();
  packets_.clear();
  auto* block = reinterpret_cast<tpacket_block_desc*>(map_ + size_t{next_} * kBlockBytes);
  tpacket_hdr_v1& header = block->hdr.bh1;
  if ((std::atomic_ref(header.block_status).load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return {};
  holding_ = true;
  auto* at = reinterpret_cast<uint8_t*>(block) + header.offset_to_first_pkt;
  for (uint32_t i = 0; i < header.num_pkts; ++i) {
    const auto* packet = reinterpret_cast<const tpacket3_hdr*>(at);
    const int64_t time_ns = int64_t{packet->tp_sec} * 1000000000 + packet->tp_nsec;
    const uint8_t* data = at + packet->tp_mac;
    uint32_t captured = packet->tp_snaplen;
    const uint16_t tci = uint16_t(packet->hv1.tp_vlan_tci);
    if (tci != 0 && (packet->tp_status & TP_STATUS_VLAN_VALID) != 0 && captured >= 2 * ETH_ALEN) {
      data = PutTagBack(at + packet->tp_mac, tci);
      captured += kTagBytes;
    }
    packets_.push_back({data, captured, packet->tp_len, time_ns});
    at += packet->tp_next_offset;
  }
  return packets_;
}

void PacketRing::Refuse() {
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &nothing};
  // The filter that was there is sound, so this one is taken, too; if not, a few packets more are counted.
  setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

RingStatistics PacketRing::Statistics() {
  tpacket_stats_v3 since{};
  socklen_t size = sizeof since;
  // Reading resets what the kernel counts.
  if (getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &since, &size) == 0) {
    statistics_.received += since.tp_packets;
    statistics_.dropped += since.tp_drops;
  }
  return statistics_;
}

bool PacketRing::Alive(std::string& why) const {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error == 0 || error == ENETDOWN)
    return true;
  why = std::system_category().message(error);
  return false;
}

}  // namespace skydive::kernel
