// SPDX-License-Identifier: Apache-2.0
// Where in a segment a field of a flow is.
#pragma once

#include <cstdint>

#include "flow/field.h"
#include "flow/store/column.h"

namespace skydive::flow::store {

// Where a field is kept, and which layer it belongs to.
struct Place {
  enum class How : uint8_t {
    kText,        // a place in a dictionary
    kIdentifier,  // a number, or a place among the odd texts
    kProtocol,    // the number of a name
    kIcmpType,
    kNumber,
    kRecord,  // of the last record
    kOther    // in the messages that are kept as they are
  };
  How how = How::kOther;
  Column column = Column::kFlags;
  uint32_t flag = 0;
  Dictionary dictionary = Dictionary::kOdd;
};

Place PlaceOf(Field field);

}  // namespace skydive::flow::store
