// SPDX-License-Identifier: Apache-2.0
// Flows as the wire carries them: protocol buffers between agent and analyzer, JSON everywhere else.
#pragma once

#include <cstdint>
#include <string>

#include "flow/table.h"

namespace skydive::flow {

// The fields of a Flow message.
void EncodeProtobuf(const Table& table, uint32_t place, std::string& out);
// A Message datagram or frame that holds these flows.
void EncodeMessage(const Table& table, std::span<const uint32_t> places, std::string& out);
// A JSON object, keys in the order of the original.
void EncodeJson(const Table& table, uint32_t place, std::string& out);

std::string_view NameOf(Protocol protocol);

}  // namespace skydive::flow
