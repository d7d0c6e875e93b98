// SPDX-License-Identifier: Apache-2.0
#include "base/fields.h"

#include <gtest/gtest.h>

namespace kiln {
namespace {

TEST(Fields, what_was_written_is_read) {
  const std::string bytes = FieldWriter().number(-7).text(std::string("a\0b", 3)).text("").bytes();
  FieldReader in(bytes);
  EXPECT_EQ(in.number(), -7);
  EXPECT_EQ(in.text(), std::string("a\0b", 3));
  EXPECT_EQ(in.text(), "");
  EXPECT_TRUE(in.at_end());
  EXPECT_TRUE(in.status());
}

TEST(Fields, bytes_cut_short_and_lengths_that_lie_are_errors) {
  const std::string bytes = FieldWriter().text("kiln").bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    FieldReader in(std::string_view(bytes).substr(0, size));
    EXPECT_EQ(in.text(), "");
    EXPECT_FALSE(in.status()) << size;
  }
  std::string lies = FieldWriter().number(-1).bytes();
  FieldReader in(lies);
  EXPECT_EQ(in.text(), "");
  EXPECT_FALSE(in.status());
}

TEST(Fields, another_format_is_an_error) {
  EXPECT_FALSE(FieldReader(FieldWriter('\2').bytes()).status());
  const std::string second = FieldWriter('\2').bytes();
  EXPECT_TRUE(FieldReader(second, '\2').status());
}

}  // namespace
}  // namespace kiln
