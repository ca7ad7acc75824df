// SPDX-License-Identifier: Apache-2.0
#include "flow/store/dictionary.h"

#include <gtest/gtest.h>

namespace skydive::flow::store {
namespace {

TEST(TextDictionary, NamesEachTextOnceAndTheEmptyOneZero) {
  TextDictionary texts;
  // A view of nothing at all, which the fuzzer found to be read.
  EXPECT_EQ(texts.Intern({}), 0u);
  EXPECT_EQ(texts.Intern("a text of more than eight bytes"), 1u);
  EXPECT_EQ(texts.Intern("b", 1), 2u);
  EXPECT_EQ(texts.Intern("b", 77), 2u);
  EXPECT_EQ(texts.Intern("a text of more than eight bytes", 2), 1u);
  EXPECT_EQ(texts.Text(0), "");
  EXPECT_EQ(texts.Text(2), "b");
}

}  // namespace
}  // namespace skydive::flow::store
