// SPDX-License-Identifier: Apache-2.0
#include "flow/store/place.h"

namespace skydive::flow::store {

using How = Place::How;

Place PlaceOf(Field field) {
  const auto offset = [field](Field first, Column column) {
    return Column(uint32_t(column) + uint32_t(field) - uint32_t(first));
  };
  if (field >= Field::kMetricAbPackets && field <= Field::kMetricRtt) {
    return {How::kNumber, offset(Field::kMetricAbPackets, Column::kMetricAbPackets), kHasMetric};
  }
  if (field >= Field::kLastUpdateAbPackets && field <= Field::kLastUpdateRtt) {
    return {How::kRecord, offset(Field::kLastUpdateAbPackets, Column::kRecordAbPackets), kHasLastUpdate};
  }
  switch (field) {
    case Field::kUuid:
      return {How::kIdentifier, Column::kUuid, kOddUuidFlag};
    case Field::kTrackingId:
      return {How::kIdentifier, Column::kTrackingId, kOddTracking};
    case Field::kL3TrackingId:
      return {How::kIdentifier, Column::kL3TrackingId, kOddL3Tracking};
    case Field::kParentUuid:
      return {How::kIdentifier, Column::kParentUuid, kOddParent};
    case Field::kLayersPath:
      return {How::kText, Column::kLayersPath, 0, Dictionary::kPath};
    case Field::kApplication:
      return {How::kText, Column::kApplication, 0, Dictionary::kApplication};
    case Field::kNodeTid:
      return {How::kText, Column::kNodeTid, 0, Dictionary::kNodeTid};
    case Field::kCaptureId:
      return {How::kText, Column::kCaptureId, 0, Dictionary::kCaptureId};
    case Field::kLinkA:
      return {How::kText, Column::kLinkA, kHasLink, Dictionary::kMac};
    case Field::kLinkB:
      return {How::kText, Column::kLinkB, kHasLink, Dictionary::kMac};
    case Field::kNetworkA:
      return {How::kText, Column::kNetworkA, kHasNetwork, Dictionary::kAddress};
    case Field::kNetworkB:
      return {How::kText, Column::kNetworkB, kHasNetwork, Dictionary::kAddress};
    case Field::kLinkProtocol:
      return {How::kProtocol, Column::kLinkProtocol, kHasLink};
    case Field::kNetworkProtocol:
      return {How::kProtocol, Column::kNetworkProtocol, kHasNetwork};
    case Field::kTransportProtocol:
      return {How::kProtocol, Column::kTransportProtocol, kHasTransport};
    case Field::kIcmpType:
      return {How::kIcmpType, Column::kIcmpType, kHasIcmp};
    case Field::kStart:
      return {How::kNumber, Column::kStart};
    case Field::kLast:
      return {How::kNumber, Column::kLast};
    case Field::kLinkId:
      return {How::kNumber, Column::kLinkId, kHasLink};
    case Field::kNetworkId:
      return {How::kNumber, Column::kNetworkId, kHasNetwork};
    case Field::kTransportA:
      return {How::kNumber, Column::kTransportA, kHasTransport};
    case Field::kTransportB:
      return {How::kNumber, Column::kTransportB, kHasTransport};
    case Field::kTransportId:
      return {How::kNumber, Column::kTransportId, kHasTransport};
    case Field::kIcmpCode:
      return {How::kNumber, Column::kIcmpCode, kHasIcmp};
    case Field::kIcmpId:
      return {How::kNumber, Column::kIcmpId, kHasIcmp};
    // Whole layers.
    case Field::kLink:
      return {How::kNumber, Column::kFlags, kHasLink};
    case Field::kNetwork:
      return {How::kNumber, Column::kFlags, kHasNetwork};
    case Field::kTransport:
      return {How::kNumber, Column::kFlags, kHasTransport};
    case Field::kIcmp:
      return {How::kNumber, Column::kFlags, kHasIcmp};
    case Field::kMetric:
      return {How::kNumber, Column::kFlags, kHasMetric};
    case Field::kLastUpdate:
      return {How::kNumber, Column::kFlags, kHasLastUpdate};
    default:
      return {};
  }
}

}  // namespace skydive::flow::store
