// SPDX-License-Identifier: Apache-2.0
// A field of stored flows on its way to JavaScript.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "addon/node_api.h"
#include "flow/store/field_columns.h"

namespace skydive::addon {

// Texts of JSON are about so large: they are parsed one a turn of the event loop.
inline constexpr size_t kTextBytes = 32 << 10;

class FlowColumn {
 public:
  explicit FlowColumn(const flow::store::FieldColumn& column);

  // See NativeFlowColumn in src/native/flow-store.ts; once.
  Napi::Object Take(Napi::Env env);

 private:
  std::vector<std::string> texts_;
  std::vector<uint32_t> places_;
};

}  // namespace skydive::addon
