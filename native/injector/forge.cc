// SPDX-License-Identifier: Apache-2.0
#include "injector/forge.h"

#include <netinet/in.h>

#include <span>
#include <stdexcept>

namespace skydive::injector {
namespace {

constexpr size_t kShortestFrame = 60;
constexpr size_t kIpv4Bytes = 20;
constexpr size_t kLongestPacket = 65535;

class Writer {
 public:
  void U8(uint8_t value) { bytes_.push_back(value); }
  void U16(uint16_t value) {
    U8(uint8_t(value >> 8));
    U8(uint8_t(value));
  }
  void U32(uint32_t value) {
    U16(uint16_t(value >> 16));
    U16(uint16_t(value));
  }
  void Bytes(std::span<const uint8_t> value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }
  void SetU16(size_t at, uint16_t value) {
    bytes_[at] = uint8_t(value >> 8);
    bytes_[at + 1] = uint8_t(value);
  }
  size_t size() const { return bytes_.size(); }
  std::span<const uint8_t> From(size_t at) const { return std::span(bytes_).subspan(at); }
  void PadTo(size_t size) {
    if (bytes_.size() < size) bytes_.resize(size);
  }
  std::vector<uint8_t> Take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

// RFC 1071, not yet complemented.
uint32_t Sum(std::span<const uint8_t> bytes, uint32_t sum = 0) {
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) sum += uint32_t(bytes[i]) << 8 | bytes[i + 1];
  if (bytes.size() % 2 == 1) sum += uint32_t(bytes.back()) << 8;
  return sum;
}

uint16_t Checksum(uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return uint16_t(~sum);
}

std::span<const uint8_t> Address(const PacketShape& shape, const std::array<uint8_t, 16>& address) {
  return std::span(address).first(shape.ipv6 ? 16 : 4);
}

uint8_t ProtocolOf(const PacketShape& shape) {
  switch (shape.transport) {
    case Transport::kTcp:
      return IPPROTO_TCP;
    case Transport::kUdp:
      return IPPROTO_UDP;
    case Transport::kIcmp:
      break;
  }
  return shape.ipv6 ? uint8_t{IPPROTO_ICMPV6} : uint8_t{IPPROTO_ICMP};
}

// Writes header and payload; the place of its checksum, from the start of the header.
size_t WriteTransport(Writer& out, const PacketShape& shape, std::string_view payload, uint32_t sequence) {
  size_t checksum = 0;
  switch (shape.transport) {
    case Transport::kIcmp:
      out.U8(shape.ipv6 ? 128 : 8);
      out.U8(0);
      checksum = 2;
      out.U16(0);
      out.U16(shape.icmp_id);
      out.U16(0);
      break;
    case Transport::kTcp:
      out.U16(shape.source_port);
      out.U16(shape.destination_port);
      out.U32(sequence);
      out.U32(0);
      out.U16(5 << 12 | 0x02);
      out.U16(0);
      checksum = 16;
      out.U16(0);
      out.U16(0);
      break;
    case Transport::kUdp:
      out.U16(shape.source_port);
      out.U16(shape.destination_port);
      out.U16(uint16_t(8 + payload.size()));
      checksum = 6;
      out.U16(0);
      break;
  }
  out.Bytes({reinterpret_cast<const uint8_t*>(payload.data()), payload.size()});
  return checksum;
}

size_t HeaderBytes(Transport transport) { return transport == Transport::kTcp ? 20 : 8; }

}  // namespace

std::vector<uint8_t> Forge(const PacketShape& shape, std::string_view payload, uint32_t sequence) {
  const size_t segment = HeaderBytes(shape.transport) + payload.size();
  if (segment + (shape.ipv6 ? 0 : kIpv4Bytes) > kLongestPacket)
    throw std::length_error("the payload is longer than an IP packet can be");
  const uint8_t protocol = ProtocolOf(shape);
  Writer out;
  if (shape.ethernet) {
    out.Bytes(shape.destination_mac);
    out.Bytes(shape.source_mac);
    out.U16(shape.ipv6 ? 0x86dd : 0x0800);
  }
  const size_t ip = out.size();
  if (shape.ipv6) {
    out.U32(6u << 28);
    out.U16(uint16_t(segment));
    out.U8(protocol);
    out.U8(shape.ttl);
  } else {
    out.U16(0x4500);
    out.U16(uint16_t(kIpv4Bytes + segment));
    out.U32(0);
    out.U8(shape.ttl);
    out.U8(protocol);
    out.U16(0);
  }
  out.Bytes(Address(shape, shape.source_ip));
  out.Bytes(Address(shape, shape.destination_ip));
  if (!shape.ipv6) out.SetU16(ip + 10, Checksum(Sum(out.From(ip))));

  const size_t start = out.size();
  const size_t checksum = start + WriteTransport(out, shape, payload, sequence);
  uint32_t sum = Sum(out.From(start));
  if (shape.ipv6 || shape.transport != Transport::kIcmp) {
    // The pseudo header.
    sum = Sum(Address(shape, shape.source_ip), sum);
    sum = Sum(Address(shape, shape.destination_ip), sum);
    sum += protocol + uint32_t(segment);
  }
  uint16_t value = Checksum(sum);
  // 0 says that UDP has none.
  if (value == 0 && shape.transport == Transport::kUdp) value = 0xffff;
  out.SetU16(checksum, value);
  if (shape.ethernet) out.PadTo(kShortestFrame);
  return out.Take();
}

}  // namespace skydive::injector
