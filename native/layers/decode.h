// SPDX-License-Identifier: Apache-2.0
// A packet's bytes into its layers.
#pragma once

#include "layers/protocol.h"
#include "layers/stack.h"

namespace skydive::layers {

// What a pcap link type (LINKTYPE_ value) starts with; kUnknown when it cannot be read.
Protocol FirstOfLinkType(uint32_t link_type);

// Fills the cleared stack. Pseudo layers kPayload and kFailure mark the end of the named ones.
void Decode(Stack& stack, Protocol first, Cursor data);

// Appends the layers of a rebuilt datagram's payload.
void DecodeMore(Stack& stack, Protocol next, Cursor data);

}  // namespace skydive::layers
