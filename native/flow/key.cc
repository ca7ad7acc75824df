// SPDX-License-Identifier: Apache-2.0
#include "flow/key.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "flow/icmp_type.h"
#include "flow/xxhash64.h"

namespace skydive::flow {
namespace {

using layers::Cursor;
using layers::Layer;
using layers::LayerType;

// Endpoint type numbers, hashed as 64 bits after the endpoints.
enum EndpointType : uint8_t {
  kCustom,
  kIpv4,
  kIpv6,
  kMac,
  kTcpPort,
  kUdpPort,
  kSctpPort,
  kRudpPort,
  kUdpLitePort
};

uint8_t TransportType(LayerType type) {
  switch (type) {
    case LayerType::kTcp:
      return kTcpPort;
    case LayerType::kSctp:
      return kSctpPort;
    case LayerType::kRudp:
      return kRudpPort;
    case LayerType::kUdpLite:
      return kUdpLitePort;
    default:
      return kUdpPort;
  }
}

int Compare(const uint8_t* a, const uint8_t* b, size_t size) {
  return size == 0 ? 0 : std::memcmp(a, b, size);
}

// The layer that names the tunnel, if the piece ends in VXLAN or Geneve.
const Layer* TunnelOf(const Piece& piece) {
  const Layer& last = piece.layers.back();
  return last.type == LayerType::kVxlan || last.type == LayerType::kGeneve ? &last : nullptr;
}

template <typename T>
uint64_t Load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

uint64_t Load6(const uint8_t* from) { return Load<uint32_t>(from) | Load<uint16_t>(from + 4) << 32; }

// Folded 128-bit product: mixes two words in one multiplication.
uint64_t Mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return uint64_t(product) ^ uint64_t(product >> 64);
}

constexpr uint64_t kSecret[] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb,
                                0xd6e8feb86659fd93, 0xa0761d6478bd642f, 0xe7037ed1a0b428db,
                                0x8ebc6af09c88c6e3, 0x589965cc75374cc3};

}  // namespace

Key::Key(const Piece& piece, LayerKeyMode mode) {
  if (const Layer* layer = piece.network; layer != nullptr) {
    const bool ipv4 = layer->type == LayerType::kIpv4;
    const size_t at = ipv4 ? 12 : 8;
    network_size_ = !layer->readable ? 0 : ipv4 ? 4 : 16;
    network_type_ = ipv4 ? kIpv4 : kIpv6;
    network_[0] = layer->data + at;
    network_[1] = layer->data + at + network_size_;
  }
  if (const Layer* layer = piece.ethernet;
      layer != nullptr && (mode == LayerKeyMode::kL2 || piece.network == nullptr)) {
    link_size_ = layer->readable ? 6 : 0;
    link_[0] = layer->data + 6;
    link_[1] = layer->data;
  }
  SetTransport(piece);
  int order = 0;
  if (link_size_ != kNone) order = Compare(link_[0], link_[1], link_size_);
  if (order == 0 && network_size_ != kNone) {
    order = Compare(network_[0], network_[1], network_size_);
    directed_ = order != 0;
    if (order == 0 && transport_size_ != kNone) {
      // A tunnel's number is compared with its port: four bytes with two.
      const size_t first = transport_size_ == 6 ? 4 : transport_size_ / 2;
      order = std::lexicographical_compare(transport_ + first, transport_ + transport_size_, transport_,
                                           transport_ + first);
    }
  } else {
    directed_ = order != 0;
  }
  swapped_ = order > 0;
  if (swapped_) {
    std::swap(network_[0], network_[1]);
    std::swap(link_[0], link_[1]);
    // Both directions of a tunnel hash its number before its port.
    if (transport_size_ == 2) std::swap(transport_[0], transport_[1]);
    if (transport_size_ == 4) std::swap_ranges(transport_, transport_ + 2, transport_ + 2);
  }
  SetApplication(piece);
}

void Key::SetTransport(const Piece& piece) {
  const Layer* layer = piece.transport;
  if (layer == nullptr) return;
  transport_type_ = TransportType(layer->type);
  transport_size_ = 0;
  if (const Layer* tunnel = TunnelOf(piece); tunnel != nullptr && layer->type == LayerType::kUdp) {
    transport_type_ = kCustom;
    transport_size_ = 6;
    transport_[0] = 0;
    std::memcpy(transport_ + 1, tunnel->data + 4, 3);
    if (layer->readable) {
      std::memcpy(transport_ + 4, layer->data + 2, 2);
    } else {
      transport_[4] = transport_[5] = 0;
    }
  } else if (layer->readable && layer->type == LayerType::kRudp) {
    transport_size_ = 2;
    std::memcpy(transport_, layer->data + 2, 2);
  } else if (layer->readable) {
    transport_size_ = 4;
    std::memcpy(transport_, layer->data, 4);
  }
}

void Key::SetApplication(const Piece& piece) {
  if (piece.icmpv4 != nullptr) {
    const Cursor header = piece.icmpv4->Header();
    application_ = uint32_t(OfIcmpv4(header.U8(0))) << 24 | header.U8(1) << 16 | header.U16(4);
  } else if (piece.icmpv6_echo != nullptr) {
    application_ = uint32_t(IcmpType::kEcho) << 24 | piece.icmpv6_echo->Header().U16(0);
  } else if (piece.icmpv6 != nullptr) {
    const Cursor header = piece.icmpv6->Header();
    application_ = uint32_t(OfIcmpv6(header.U8(0))) << 24 | header.U8(1) << 16;
  } else {
    return;
  }
  has_application_ = true;
}

Keys Key::Compute(bool has_parent, uint64_t parent) const {
  XxHash64 hash(0);
  if (network_size_ == 4) {
    hash.Write(network_[0], 4);
    hash.Write(network_[1], 4);
    hash.WriteU64(network_type_);
  } else if (network_size_ != kNone) {
    hash.Write(network_[0], network_size_);
    hash.Write(network_[1], network_size_);
    hash.WriteU64(network_type_);
  }
  if (transport_size_ == 4) {
    hash.Write(transport_, 4);
    hash.WriteU64(transport_type_);
  } else if (transport_size_ != kNone) {
    hash.Write(transport_, transport_size_);
    hash.WriteU64(transport_type_);
  }
  if (has_application_) {
    const uint8_t value[] = {uint8_t(application_ >> 24), uint8_t(application_ >> 16),
                             uint8_t(application_ >> 8), uint8_t(application_)};
    hash.Write(value, sizeof value);
    hash.WriteU64(kCustom);
  }
  Keys keys;
  keys.l2 = keys.l3 = hash.Sum();
  if (link_size_ != kNone) {
    if (link_size_ == 6) {
      hash.Write(link_[0], 6);
      hash.Write(link_[1], 6);
    }
    hash.WriteU64(kMac);
    keys.l2 = hash.Sum();
  }
  if (has_parent) {
    char text[16];
    const auto end = std::to_chars(text, text + sizeof text, parent, 16);
    hash.Write(text, size_t(end.ptr - text));
  }
  keys.flow = hash.Sum();
  return keys;
}

uint64_t Key::Hash(uint64_t seed, bool has_parent, uint64_t parent) const {
  const uint64_t shape = network_type_ | uint64_t{transport_type_} << 8 | uint64_t{network_size_} << 16 |
                         uint64_t{transport_size_} << 24 | uint64_t{link_size_} << 32 |
                         uint64_t{has_application_} << 40 | uint64_t{has_parent} << 41;
  uint64_t ports = 0;
  if (transport_size_ == 4) {
    ports = Load<uint32_t>(transport_);
  } else if (transport_size_ != kNone) {
    std::memcpy(&ports, transport_, transport_size_);
  }
  uint64_t hash = Mix(shape ^ seed ^ kSecret[0], ports ^ kSecret[1]);
  if (network_size_ == 4) {
    const uint64_t addresses = Load<uint32_t>(network_[0]) | Load<uint32_t>(network_[1]) << 32;
    hash ^= Mix(addresses ^ kSecret[2], seed ^ kSecret[3]);
  } else if (network_size_ == 16) {
    hash ^=
        Mix(Load<uint64_t>(network_[0]) ^ kSecret[2], Load<uint64_t>(network_[0] + 8) ^ seed ^ kSecret[3]);
    hash = Mix(hash ^ Load<uint64_t>(network_[1]) ^ kSecret[0], Load<uint64_t>(network_[1] + 8) ^ kSecret[1]);
  }
  if (link_size_ == 6) hash ^= Mix(Load6(link_[0]) ^ seed ^ kSecret[4], Load6(link_[1]) ^ kSecret[5]);
  if (has_application_ || has_parent) hash ^= Mix(application_ ^ seed ^ kSecret[6], parent ^ kSecret[7]);
  return Mix(hash ^ kSecret[2], seed ^ kSecret[6]);
}

}  // namespace skydive::flow
