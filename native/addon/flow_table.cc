// SPDX-License-Identifier: Apache-2.0
// Class FlowTable: a flow table fed with capture files, which gives its flows in batches.
#include <memory>
#include <string>
#include <vector>

#include "addon/addon.h"
#include "addon/flow_options.h"
#include "addon/flow_query.h"
#include "capture/pcap_reader.h"
#include "flow/encode.h"
#include "flow/table.h"
#include "layers/decode.h"

namespace skydive::addon {
namespace {

// Collects what the table sends as one buffer a message.
class Messages : public flow::FlowSink {
 public:
  enum class Format : uint8_t { kProtobuf, kJson };

  Messages(Napi::Env env, Format format, size_t per_message)
      : env_(env),
        format_(format),
        per_message_(std::max<size_t>(per_message, 1)),
        buffers_(Napi::Array::New(env)) {}

  void Flows(const flow::Table& table, std::span<const uint32_t> places) override {
    for (; !places.empty(); places = places.subspan(std::min(per_message_, places.size()))) {
      const auto part = places.first(std::min(per_message_, places.size()));
      text_.clear();
      if (format_ == Format::kProtobuf) {
        flow::EncodeMessage(table, part, text_);
      } else {
        AppendArray(table, part);
      }
      Napi::HandleScope scope(env_);
      buffers_.Set(buffers_.Length(), Napi::Buffer<char>::Copy(env_, text_.data(), text_.size()));
    }
  }

  Napi::Array buffers() const { return buffers_; }

 private:
  void AppendArray(const flow::Table& table, std::span<const uint32_t> places) {
    text_ += '[';
    for (const uint32_t place : places) {
      if (text_.size() > 1) text_ += ',';
      flow::EncodeJson(table, place, text_);
    }
    text_ += ']';
  }

  Napi::Env env_;
  const Format format_;
  const size_t per_message_;
  Napi::Array buffers_;
  std::string text_;
};

class FlowTable : public Napi::ObjectWrap<FlowTable> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "FlowTable",
        {InstanceMethod<&FlowTable::Feed>("feed"), InstanceMethod<&FlowTable::Finish>("finish"),
         InstanceMethod<&FlowTable::Recognized>("recognized"), InstanceMethod<&FlowTable::Update>("update"),
         InstanceMethod<&FlowTable::Expire>("expire"), InstanceMethod<&FlowTable::Stop>("stop"),
         InstanceMethod<&FlowTable::Maintain>("maintain"), InstanceMethod<&FlowTable::Flows>("flows"),
         InstanceMethod<&FlowTable::Query>("query"),
         InstanceMethod<&FlowTable::Stats>("stats")});
  }

  // new FlowTable(options): see NativeFlowTableOptions in src/flow/table.ts.
  explicit FlowTable(const Napi::CallbackInfo& info) : Napi::ObjectWrap<FlowTable>(info) {
    if (info.Length() < 1 || !info[0].IsObject()) {
      throw Napi::TypeError::New(info.Env(), "FlowTable: an object of options is needed");
    }
    const auto options = info[0].As<Napi::Object>();
    AddPorts(options, ports_);
    link_type_ = Number(options, "linkType", -1);
    json_ = Text(options, "format") == "json";
    per_message_ = size_t(Number(options, "flowsPerMessage", 10));
    table_ = std::make_unique<flow::Table>(FlowOptionsOf(options), ports_);
  }

 private:
  // feed(bytes: Uint8Array): number — the next bytes of a capture file; returns the records read so far.
  Napi::Value Feed(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsTypedArray()) {
      throw Napi::TypeError::New(info.Env(), "FlowTable.feed: bytes are needed");
    }
    const auto bytes = info[0].As<Napi::Uint8Array>();
    const bool sound =
        reader_.Feed({bytes.Data(), bytes.ByteLength()}, [this](auto records) { Process(records); });
    if (!sound) throw Napi::Error::New(info.Env(), reader_.error());
    return Napi::Number::New(info.Env(), double(reader_.records()));
  }

  // recognized(): boolean — whether the bytes so far start as a capture file does.
  Napi::Value Recognized(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), reader_.recognized());
  }

  // finish(): void — the end of the file; throws when it is not one.
  void Finish(const Napi::CallbackInfo& info) {
    if (!reader_.Finish()) throw Napi::Error::New(info.Env(), reader_.error());
  }

  void Process(std::span<const capture::Record> records) {
    packets_.clear();
    for (const capture::Record& record : records) {
      const uint32_t link_type = link_type_ >= 0 ? uint32_t(link_type_) : record.link_type;
      packets_.push_back({layers::Cursor(record.data, record.captured), record.time_ns, record.wire, 0,
                          layers::FirstOfLinkType(link_type)});
    }
    table_->Process(packets_);
  }

  Messages Collect(Napi::Env env) const {
    return Messages(env, json_ ? Messages::Format::kJson : Messages::Format::kProtobuf, per_message_);
  }

  static int64_t Millis(const Napi::CallbackInfo& info) {
    if (info.Length() < 1 || !info[0].IsNumber()) {
      throw Napi::TypeError::New(info.Env(), "FlowTable: a time in milliseconds is needed");
    }
    return info[0].As<Napi::Number>().Int64Value();
  }

  // update(nowMs): Buffer[] — messages with the flows seen since the last update or timed out.
  Napi::Value Update(const Napi::CallbackInfo& info) {
    Messages messages = Collect(info.Env());
    table_->Update(Millis(info), messages);
    return messages.buffers();
  }

  // expire(nowMs): Buffer[] — messages with the flows not seen since the previous call.
  Napi::Value Expire(const Napi::CallbackInfo& info) {
    Messages messages = Collect(info.Env());
    table_->Expire(Millis(info), messages);
    return messages.buffers();
  }

  // stop(limit): Buffer[] | undefined — ends at most so many flows; undefined when none are left.
  Napi::Value Stop(const Napi::CallbackInfo& info) {
    Messages messages = Collect(info.Env());
    const size_t limit = size_t(std::max<int64_t>(1, Millis(info)));
    table_->FlushStreams();
    if (!table_->StopSome(messages, limit)) return info.Env().Undefined();
    return messages.buffers();
  }

  // maintain(olderThanMs): void — forgets fragments and segments that wait since before.
  void Maintain(const Napi::CallbackInfo& info) { table_->Maintain(Millis(info) * 1000000); }

  // flows(): Buffer[] — messages with every flow of the table, the least recently seen first.
  Napi::Value Flows(const Napi::CallbackInfo& info) {
    Messages messages = Collect(info.Env());
    messages.Flows(*table_, table_->Places());
    return messages.buffers();
  }

  // query(searchQuery: Uint8Array): Buffer — the flows of the table that pass, as a serialized FlowSet.
  Napi::Value Query(const Napi::CallbackInfo& info) {
    const std::string flows =
        flow::AnswerSearch(SearchOf(info), [this](auto look) { return look(*table_); });
    return Napi::Buffer<char>::Copy(info.Env(), flows.data(), flows.size());
  }

  // stats(): { packets, flowCount, flowDropped, fragmentsDropped, segmentsDropped, memoryBytes }
  Napi::Value Stats(const Napi::CallbackInfo& info) {
    const flow::TableStats stats = table_->stats();
    auto object = Napi::Object::New(info.Env());
    object.Set("packets", double(stats.packets));
    object.Set("flowCount", double(stats.flow_count));
    object.Set("flowDropped", double(stats.flow_dropped));
    object.Set("fragmentsDropped", double(stats.fragments_dropped));
    object.Set("segmentsDropped", double(stats.segments_dropped));
    object.Set("memoryBytes", double(table_->MemoryUse()));
    return object;
  }

  layers::UdpPorts ports_;
  std::unique_ptr<flow::Table> table_;
  capture::PcapReader reader_;
  std::vector<flow::Packet> packets_;
  int64_t link_type_ = -1;
  size_t per_message_ = 10;
  bool json_ = false;
};

}  // namespace

void InitFlowTable(Napi::Env env, Napi::Object exports) { exports.Set("FlowTable", FlowTable::Define(env)); }

}  // namespace skydive::addon
