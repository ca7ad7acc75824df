// SPDX-License-Identifier: Apache-2.0
#include "addon/flow_columns.h"

#include <utility>

#include "flow/json_writer.h"

namespace skydive::addon {

FlowColumn::FlowColumn(const flow::store::FieldColumn& column) : places_(column.places()) {
  for (size_t i = 0; i < column.texts().size();) {
    std::string& part = texts_.emplace_back("[");
    flow::JsonWriter writer(part);
    for (; i < column.texts().size() && part.size() < kTextBytes; ++i) writer.Element(column.texts()[i]);
    part += ']';
  }
}

Napi::Object FlowColumn::Take(Napi::Env env) {
  auto texts = Napi::Array::New(env, texts_.size());
  for (size_t i = 0; i < texts_.size(); ++i) {
    texts.Set(uint32_t(i), Napi::Buffer<char>::Copy(env, texts_[i].data(), texts_[i].size()));
  }
  auto object = Napi::Object::New(env);
  object.Set("texts", texts);
  if (places_.empty()) {
    object.Set("places", Napi::Uint32Array::New(env, 0));
    return object;
  }
  // Not copied: there may be millions.
  auto* kept = new std::vector<uint32_t>(std::move(places_));
  const auto memory = Napi::ArrayBuffer::New(
      env, kept->data(), kept->size() * sizeof(uint32_t),
      [](Napi::Env, void*, std::vector<uint32_t>* held) { delete held; }, kept);
  object.Set("places", Napi::Uint32Array::New(env, kept->size(), memory, 0));
  return object;
}

}  // namespace skydive::addon
