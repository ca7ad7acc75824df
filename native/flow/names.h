// SPDX-License-Identifier: Apache-2.0
// LayersPath and Application of flows, each pair kept once and counted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "layers/stack.h"

namespace skydive::flow {

struct Name {
  std::string path;
  std::string application;
  int64_t timeout_ms = 0;  // of the application, 0 means none
  uint32_t users = 0;
};

class Names {
 public:
  // The name for these layers, counted once more. An application name overrides the path's last one.
  uint32_t Take(std::span<const layers::Layer> layers, std::string_view application);
  void Release(uint32_t name);
  const Name& operator[](uint32_t name) const { return names_[name]; }
  Name& operator[](uint32_t name) { return names_[name]; }

 private:
  std::string key_;         // scratch
  std::string latest_key_;  // that was taken; never empty, so this is none
  uint32_t latest_ = 0;
  std::unordered_map<std::string, uint32_t> places_;
  std::vector<Name> names_;
  std::vector<const std::string*> keys_;
  std::vector<uint32_t> free_;
};

}  // namespace skydive::flow
