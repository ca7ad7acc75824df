// SPDX-License-Identifier: Apache-2.0
// A flow that came as a protocol buffer, as the JSON that clients see.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flow/flow_view.h"

namespace skydive::flow {

// A JSON object, keys in the order of the original; the raw packets are never part of it.
void AppendJson(const FlowView& flow, std::string& out);
// A FlowMetric.
void AppendJson(const Metric& metric, std::string& out);
// A RawPacket.
void AppendJson(const FlowView::RawPacket& packet, std::string& out);
// What a capture counted, every member of it.
void AppendJson(const StatsView& stats, std::string& out);

// The name of a FlowProtocol or an ICMPType; `scratch` holds the digits of a number without one.
std::string_view ProtocolName(int64_t protocol, std::string& scratch);
std::string_view IcmpTypeName(int64_t type, std::string& scratch);

}  // namespace skydive::flow
