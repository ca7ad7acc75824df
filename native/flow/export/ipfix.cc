// SPDX-License-Identifier: Apache-2.0
#include "flow/export/ipfix.h"

#include <iterator>

#include "flow/export/big_endian.h"

namespace skydive::flow {
namespace {

constexpr uint16_t kVersion = 10;
constexpr size_t kHeaderBytes = 16;
constexpr size_t kSetHeaderBytes = 4;
constexpr uint16_t kTemplateSet = 2;

enum Template : uint16_t { kIpv4 = 256, kIpv6 = 257 };

struct Field {
  uint16_t element;
  uint16_t bytes;
};

// In the order in which Add writes them; those of IPv6 have other addresses.
constexpr Field kFields[] = {
    {152, 8},  // flowStartMilliseconds
    {153, 8},  // flowEndMilliseconds
    {1, 8},    // octetDeltaCount
    {2, 8},    // packetDeltaCount
    {8, 4},    // sourceIPv4Address
    {12, 4},   // destinationIPv4Address
    {7, 2},    // sourceTransportPort
    {11, 2},   // destinationTransportPort
    {4, 1},    // protocolIdentifier
    {136, 1},  // flowEndReason
    {56, 6},   // sourceMacAddress
    {80, 6},   // destinationMacAddress
    {58, 2},   // vlanId
    {148, 8},  // flowId
};
constexpr size_t kCommonBytes = 8 + 8 + 8 + 8 + 2 + 2 + 1 + 1 + 6 + 6 + 2 + 8;
constexpr uint16_t kSourceIpv6 = 27;
constexpr uint16_t kDestinationIpv6 = 28;

void PutTemplate(std::string& to, uint16_t id) {
  Put(to, id, 2);
  Put(to, std::size(kFields), 2);
  for (Field field : kFields) {
    if (id == kIpv6 && field.element == 8) field = {kSourceIpv6, 16};
    if (id == kIpv6 && field.element == 12) field = {kDestinationIpv6, 16};
    Put(to, field.element, 2);
    Put(to, field.bytes, 2);
  }
}

void PutMac(std::string& to, const uint8_t* mac) {
  if (mac == nullptr) {
    Put(to, 0, 6);
  } else {
    to.append(reinterpret_cast<const char*>(mac), 6);
  }
}

}  // namespace

void Ipfix::Export(const Table& table, std::span<const uint32_t> places, int64_t now_ms, const Send& send) {
  now_ms_ = now_ms;
  messages_ = 0;
  for (const uint32_t place : places) {
    if (!IsExportable(table.cold(place))) {
      ++skipped_;
      continue;
    }
    const OneWays ways = OneWaysOf(table, place);
    for (const OneWay& way : ways.all()) {
      const size_t needed = kCommonBytes + 2 * size_t{way.source->size} + kSetHeaderBytes;
      if (message_.size() + needed > kMaxBytes) Flush(send);
      if (message_.empty()) Begin();
      Add(way);
    }
  }
  Flush(send);
}

void Ipfix::Begin() {
  message_.resize(kHeaderBytes);
  if (messages_ % kTemplateEvery != 0) return;
  const size_t at = message_.size();
  Put(message_, kTemplateSet, 2);
  Put(message_, 0, 2);
  PutTemplate(message_, kIpv4);
  PutTemplate(message_, kIpv6);
  PutAt(message_, at + 2, message_.size() - at, 2);
}

void Ipfix::Add(const OneWay& way) {
  const uint16_t set = way.source->size == 4 ? kIpv4 : kIpv6;
  if (set != set_) {
    EndSet();
    set_ = set;
    set_at_ = message_.size();
    Put(message_, set, 2);
    Put(message_, 0, 2);
  }
  Put(message_, uint64_t(way.first_ms), 8);
  Put(message_, uint64_t(way.last_ms), 8);
  Put(message_, way.bytes, 8);
  Put(message_, way.packets, 8);
  for (const Address* address : {way.source, way.destination}) {
    message_.append(reinterpret_cast<const char*>(address->bytes), address->size);
  }
  Put(message_, way.source_port, 2);
  Put(message_, way.destination_port, 2);
  Put(message_, way.protocol, 1);
  Put(message_, uint8_t(way.reason), 1);
  PutMac(message_, way.source_mac);
  PutMac(message_, way.destination_mac);
  Put(message_, uint64_t(way.flow->link_id) & 0xfff, 2);
  Put(message_, way.flow->uuid, 8);
  ++records_;
}

void Ipfix::EndSet() {
  if (set_ != 0) PutAt(message_, set_at_ + 2, message_.size() - set_at_, 2);
  set_ = 0;
}

void Ipfix::Flush(const Send& send) {
  if (records_ == 0) return;
  EndSet();
  PutAt(message_, 0, kVersion, 2);
  PutAt(message_, 2, message_.size(), 2);
  PutAt(message_, 4, uint64_t(now_ms_ / 1000), 4);
  PutAt(message_, 8, sequence_, 4);
  PutAt(message_, 12, domain_, 4);
  sequence_ += records_;
  records_ = 0;
  ++messages_;
  send(std::move(message_));
  message_.clear();
}

}  // namespace skydive::flow
