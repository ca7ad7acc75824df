// SPDX-License-Identifier: Apache-2.0
// The fields of a flow that filters, sorting and dedup can name. Each is a text, an integer or a whole layer.
#pragma once

#include <cstdint>
#include <string_view>

namespace skydive::flow {

enum class Field : uint8_t {
  kNone,  // no field has the name

  kUuid,
  kLayersPath,
  kApplication,
  kTrackingId,
  kL3TrackingId,
  kParentUuid,
  kNodeTid,
  kCaptureId,
  kLinkProtocol,
  kLinkA,
  kLinkB,
  kNetworkProtocol,
  kNetworkA,
  kNetworkB,
  kTransportProtocol,
  kIcmpType,
  kDnsOpCode,
  kDnsResponseCode,

  kStart,
  kLast,
  kLinkId,
  kNetworkId,
  kTransportA,
  kTransportB,
  kTransportId,
  kIcmpCode,
  kIcmpId,
  kMetricAbPackets,
  kMetricAbBytes,
  kMetricBaPackets,
  kMetricBaBytes,
  kMetricStart,
  kMetricLast,
  kMetricRtt,
  kLastUpdateAbPackets,
  kLastUpdateAbBytes,
  kLastUpdateBaPackets,
  kLastUpdateBaBytes,
  kLastUpdateStart,
  kLastUpdateLast,
  kLastUpdateRtt,
  // In the order of the fields of TCPMetric.
  kTcpAbSynStart,
  kTcpBaSynStart,
  kTcpAbSynTtl,
  kTcpBaSynTtl,
  kTcpAbFinStart,
  kTcpBaFinStart,
  kTcpAbRstStart,
  kTcpBaRstStart,
  kTcpAbSegmentOutOfOrder,
  kTcpAbSegmentSkipped,
  kTcpAbSegmentSkippedBytes,
  kTcpAbPackets,
  kTcpAbBytes,
  kTcpAbSawStart,
  kTcpAbSawEnd,
  kTcpBaSegmentOutOfOrder,
  kTcpBaSegmentSkipped,
  kTcpBaSegmentSkippedBytes,
  kTcpBaPackets,
  kTcpBaBytes,
  kTcpBaSawStart,
  kTcpBaSawEnd,
  kIpFragments,
  kIpFragmentErrors,
  kDnsId,
  kDnsZ,
  kDnsQuestionCount,
  kDnsAnswerCount,
  kDnsAuthorityCount,
  kDnsAdditionalCount,
  kDhcpHardwareLength,
  kDhcpHardwareOptions,
  kDhcpTransactionId,
  kDhcpSeconds,
  kDhcpFlags,

  // Whole layers, which only NullFilter can ask for.
  kLink,
  kNetwork,
  kTransport,
  kIcmp,
  kMetric,
  kLastUpdate,
  kTcp,
  kDns,
  kDhcp,
};

enum class FieldKind : uint8_t { kNone, kText, kInteger, kLayer };

// The field that a filter means by a name, aliases of the layers included.
Field FieldOf(std::string_view name);

constexpr FieldKind KindOf(Field field) {
  if (field == Field::kNone) return FieldKind::kNone;
  if (field < Field::kStart) return FieldKind::kText;
  return field < Field::kLink ? FieldKind::kInteger : FieldKind::kLayer;
}

}  // namespace skydive::flow
