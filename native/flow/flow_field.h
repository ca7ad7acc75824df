// SPDX-License-Identifier: Apache-2.0
// The fields that queries can name, of a flow that came as a protocol buffer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flow/field.h"
#include "flow/filter.h"
#include "flow/flow_view.h"

namespace skydive::flow {

// A text field; none when the flow lacks its layer, or it is no text field. `scratch` may hold the text.
std::optional<std::string_view> TextOf(const FlowView& flow, Field field, std::string& scratch);
// An integer field; none when the flow lacks its layer, or it is no integer field.
std::optional<int64_t> IntegerOf(const FlowView& flow, Field field);
// Whether the flow has a field or a whole layer.
bool HasField(const FlowView& flow, Field field);

// A whole filter.
bool FlowMatches(const Filter& filter, const FlowView& flow);
// A filter that looks at a field.
bool LeafMatches(const Filter& leaf, const FlowView& flow);

}  // namespace skydive::flow
