// SPDX-License-Identifier: Apache-2.0
#include "flow/names.h"

namespace skydive::flow {
namespace {

using layers::Layer;
using layers::LayerType;

bool EndsPath(LayerType type) { return type == LayerType::kPayload || type == LayerType::kFailure; }

// Linux SLL is left out, but not the slash that follows it.
void Spell(std::span<const Layer> layers, Name& name) {
  for (size_t i = 0; i < layers.size() && !EndsPath(layers[i].type); ++i) {
    if (layers[i].type == LayerType::kLinuxSll) continue;
    if (i > 0) name.path += '/';
    name.application = NameOf(layers[i].type);
    name.path += name.application;
  }
}

}  // namespace

uint32_t Names::Take(std::span<const Layer> layers, std::string_view application) {
  key_.clear();
  for (const Layer& layer : layers) {
    if (EndsPath(layer.type)) break;
    key_ += char(layer.type);
  }
  key_ += '\0';
  key_ += application;
  // Flows that come one after the other are often of one kind.
  if (key_ == latest_key_) {
    ++names_[latest_].users;
    return latest_;
  }
  const auto [at, added] = places_.try_emplace(key_, 0);
  if (added) {
    if (free_.empty()) {
      free_.push_back(uint32_t(names_.size()));
      names_.emplace_back();
      keys_.push_back(nullptr);
    }
    const uint32_t place = at->second = free_.back();
    free_.pop_back();
    names_[place] = {};
    keys_[place] = &at->first;
    Spell(layers, names_[place]);
    if (!application.empty()) names_[place].application = application;
  }
  ++names_[at->second].users;
  latest_key_ = key_;
  latest_ = at->second;
  return at->second;
}

void Names::Release(uint32_t name) {
  if (--names_[name].users > 0) return;
  if (name == latest_) latest_key_.clear();
  places_.erase(places_.find(*keys_[name]));
  names_[name] = {};
  free_.push_back(name);
}

}  // namespace skydive::flow
