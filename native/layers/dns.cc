// SPDX-License-Identifier: Apache-2.0
#include "layers/dns_message.h"
#include "layers/protocols.h"

namespace skydive::layers {

Step DecodeDns(Stack& stack, Cursor data) {
  if (const Protocol outcome = DnsReader(data).Validate(); outcome != Protocol::kEnd) return {outcome, {}};
  stack.Add(LayerType::kDns, data, data.size());
  return kEndStep;
}

}  // namespace skydive::layers
