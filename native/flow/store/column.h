// SPDX-License-Identifier: Apache-2.0
// The columns of a segment of stored flows. A number is kept as what it exceeds the least of its column by,
// in as few bytes as the greatest needs; a column of one value takes no room at all.
#pragma once

#include <cstdint>

namespace skydive::flow::store {

// Sections of a segment file. The numbers are part of the format.
enum class Column : uint32_t {
  // One value a flow.
  kFlags = 1,
  kStart,
  kLast,
  kLinkProtocol,
  kLinkId,
  kNetworkProtocol,
  kNetworkId,
  kTransportProtocol,
  kTransportA,
  kTransportB,
  kTransportId,
  kIcmpType,
  kIcmpCode,
  kIcmpId,
  kMetricAbPackets,
  kMetricAbBytes,
  kMetricBaPackets,
  kMetricBaBytes,
  kMetricStart,
  kMetricLast,
  kMetricRtt,
  kRawPacketsCaptured,
  kFinish,
  // Identifiers: the number that the text spells, or where it is not hexadecimal as Skydive writes it, its
  // place in
  // kOddTexts (but for kUuid, a hash then; kOddUuid has the place).
  kUuid,
  kTrackingId,
  kL3TrackingId,
  kParentUuid,
  kOddUuid,
  // Places in the dictionaries.
  kLayersPath,
  kApplication,
  kNodeTid,
  kCaptureId,
  kLinkA,
  kLinkB,
  kNetworkA,
  kNetworkB,
  // Where what belongs to the flow ends among the records, the packets and the extra bytes.
  kRecordEnd,
  kPacketEnd,
  kExtraEnd,
  // The flows in the order of kUuid.
  kByUuid,

  // One value a record: the LastUpdateMetric of each update of a flow, by flow.
  kRecordAbPackets = 64,
  kRecordAbBytes,
  kRecordBaPackets,
  kRecordBaBytes,
  kRecordStart,
  kRecordLast,
  kRecordRtt,

  // One value a packet, by flow.
  kPacketTime = 80,
  kPacketIndex,
  kPacketLinkType,
  kPacketDataEnd,

  // Flows of older segments that flows of this one replace.
  kReplacedSegment = 96,
  kReplacedRow,

  // Where each text of a dictionary ends.
  kPathEnds = 112,
  kApplicationEnds,
  kNodeTidEnds,
  kCaptureIdEnds,
  kMacEnds,
  kAddressEnds,
  kOddEnds,

  // Bytes.
  kPathBytes = 128,
  kApplicationBytes,
  kNodeTidBytes,
  kCaptureIdBytes,
  kMacBytes,
  kAddressBytes,
  kOddBytes,
  kExtraBytes,
  kPacketBytes,
  kEnd,
};

// Of kFlags.
enum Flag : uint32_t {
  kHasLink = 1 << 0,
  kHasNetwork = 1 << 1,
  kHasTransport = 1 << 2,
  kHasIcmp = 1 << 3,
  kHasMetric = 1 << 4,
  kHasLastUpdate = 1 << 5,
  kOddUuidFlag = 1 << 6,
  kOddTracking = 1 << 7,
  kOddL3Tracking = 1 << 8,
  kOddParent = 1 << 9,
  // The flow was in an older segment, too.
  kContinued = 1 << 10,
};

enum class Dictionary : uint8_t { kPath, kApplication, kNodeTid, kCaptureId, kMac, kAddress, kOdd };
inline constexpr size_t kDictionaries = 7;

constexpr Column EndsOf(Dictionary dictionary) {
  return Column(uint32_t(Column::kPathEnds) + uint32_t(dictionary));
}
constexpr Column BytesOf(Dictionary dictionary) {
  return Column(uint32_t(Column::kPathBytes) + uint32_t(dictionary));
}

}  // namespace skydive::flow::store
