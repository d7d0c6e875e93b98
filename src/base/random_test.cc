// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace kiln {
namespace {

TEST(Random, UuidsHaveTheFormOfVersion4) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random.uuid();
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[8], '-');
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string_view("89ab").find(id[19]), std::string_view::npos);
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(Random, TextUsesItsAlphabetOnly) {
  SystemRandom random;
  const std::string text = random.text(500, "ABC");
  EXPECT_EQ(text.size(), 500u);
  EXPECT_EQ(text.find_first_not_of("ABC"), std::string::npos);
}

TEST(Random, SystemRandomFillsMoreThanItsBuffer) {
  SystemRandom random;
  EXPECT_NE(random.bytes(10'000), random.bytes(10'000));
}

TEST(Random, SameSeedSameBytes) {
  SeededRandom a(7), b(7), c(8);
  const std::string bytes = a.bytes(33);
  EXPECT_EQ(bytes, b.bytes(33));
  EXPECT_NE(bytes, c.bytes(33));
}

}  // namespace
}  // namespace kiln
