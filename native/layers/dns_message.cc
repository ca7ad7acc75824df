// SPDX-License-Identifier: Apache-2.0
#include "layers/dns_message.h"

namespace skydive::layers {

size_t DnsReader::ReadName(size_t offset, std::string* text) {
  const size_t start = text == nullptr ? 0 : text->size();
  const size_t end = ReadLabels(offset, text, 1);
  // Every label brings its dot along: the first one goes.
  if (text != nullptr && text->size() > start) text->erase(start, 1);
  return end;
}

size_t DnsReader::ReadLabels(size_t offset, std::string* text, uint32_t depth) {
  if (depth > kMaxPointers || offset >= message_.size()) return Fail(Protocol::kBad);
  size_t at = offset;
  while (message_.U8(at) != 0) {
    if (++labels_ > kMaxLabels) return Fail(Protocol::kBad);
    const uint8_t length = message_.U8(at);
    if ((length & 0xc0) == 0xc0) {
      const size_t target = message_.U16(at) & 0x3fff;
      if (!message_.Has(at + 2) || ReadLabels(target, text, depth + 1) == 0) return Fail(Protocol::kBad);
      return at + 2;
    }
    const size_t next = at + length + 1;
    if ((length & 0xc0) != 0 || next - offset > 255 || next > message_.size()) return Fail(Protocol::kBad);
    if (text != nullptr) {
      text->push_back('.');
      text->append(reinterpret_cast<const char*>(message_.data()) + at + 1, length);
    }
    at = next;
    if (at >= message_.size()) return Fail(Protocol::kBad);
  }
  return at + 1;
}

bool DnsReader::ReadQuestion(Question& question, std::string* text) {
  const size_t end = ReadName(at_, text);
  if (end == 0) return false;
  if (!message_.Has(end + 4)) return Fail(Protocol::kOverrun);
  question = {message_.U16(end), message_.U16(end + 2)};
  at_ = end + 4;
  return true;
}

bool DnsReader::ReadRecord(Record& record, std::string* text) {
  const size_t end = ReadName(at_, text);
  if (end == 0) return false;
  if (!message_.Has(end + 10)) return Fail(Protocol::kOverrun);
  record = {message_.U16(end), message_.U16(end + 2), message_.U32(end + 4), message_.U16(end + 8), end + 10};
  if (!message_.Has(record.data + record.length)) return Fail(Protocol::kBad);
  at_ = record.data + record.length;
  return true;
}

bool DnsReader::CheckData(const Record& record) {
  size_t end = record.data;
  switch (record.type) {
    case kDnsNs:
    case kDnsCname:
    case kDnsPtr:
      return ReadName(record.data, nullptr) != 0;
    case kDnsMx:
      return message_.Has(record.data + 2) ? ReadName(record.data + 2, nullptr) != 0
                                           : Fail(Protocol::kOverrun);
    case kDnsSrv:
      return message_.Has(record.data + 6) ? ReadName(record.data + 6, nullptr) != 0
                                           : Fail(Protocol::kOverrun);
    case kDnsSoa:
      end = ReadName(end, nullptr);
      if (end != 0) end = ReadName(end, nullptr);
      if (end == 0) return false;
      return message_.Has(end + 20) || Fail(Protocol::kOverrun);
    case kDnsTxt:
    case kDnsHinfo:
      for (Cursor text = message_.From(record.data).First(record.length); !text.empty();) {
        const size_t size = 1 + size_t{text.U8(0)};
        if (!text.Has(size)) return Fail(Protocol::kBad);
        text = text.From(size);
      }
      return true;
    case kDnsOpt:
      return CheckOptions(record.data);
    default:
      return true;
  }
}

// Options are read to the end of the message, not of the record, as the reference does.
bool DnsReader::CheckOptions(size_t offset) {
  for (Cursor option = message_.From(offset); !option.empty();) {
    if (!option.Has(4))
      return Fail(option.data() == message_.data() + offset ? Protocol::kBad : Protocol::kOverrun);
    const size_t size = 4 + size_t{option.U16(2)};
    if (!option.Has(size)) return Fail(Protocol::kBad);
    option = option.From(size);
  }
  return true;
}

Protocol DnsReader::Validate() {
  if (!message_.Has(kHeader)) return Protocol::kBad;
  Question question;
  for (uint32_t left = message_.U16(4); left > 0; --left) {
    if (!ReadQuestion(question, nullptr)) return outcome_;
  }
  Record record;
  for (size_t count = 6; count < kHeader; count += 2) {
    for (uint32_t left = message_.U16(count); left > 0; --left) {
      if (!ReadRecord(record, nullptr) || !CheckData(record)) return outcome_;
    }
  }
  return Protocol::kEnd;
}

}  // namespace skydive::layers
