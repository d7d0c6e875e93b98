// SPDX-License-Identifier: Apache-2.0
#include "store/tuple.h"

#include "base/random.h"
#include "store/store.h"

#include <gtest/gtest.h>

#include <limits>
#include <variant>
#include <vector>

namespace kiln::store {
namespace {

using Element = std::variant<std::string, std::int64_t>;

std::string encode(const std::vector<Element>& tuple) {
  Key out;
  for (const Element& element : tuple) {
    if (const auto* text = std::get_if<std::string>(&element)) {
      out.add(*text);
    } else {
      out.add(std::get<std::int64_t>(element));
    }
  }
  return std::move(out).bytes();
}

Element random_element(Random& random) {
  if (random.next_u64() % 2 == 0) {
    std::string text;
    // Few distinct bytes, the special ones among them, so that prefixes collide often.
    for (std::uint64_t n = random.next_u64() % 4; n > 0; --n) {
      text.push_back("\x00\x01\x02\x15\xFE\xFF"[random.next_u64() % 6]);
    }
    return text;
  }
  switch (random.next_u64() % 3) {
    case 0:
      return static_cast<std::int64_t>(random.next_u64() % 5) - 2;
    case 1:
      return static_cast<std::int64_t>(random.next_u64());
    default:
      return std::numeric_limits<std::int64_t>::min();
  }
}

std::vector<Element> random_tuple(Random& random) {
  std::vector<Element> out;
  for (std::uint64_t n = 1 + random.next_u64() % 3; n > 0; --n)
    out.push_back(random_element(random));
  return out;
}

TEST(Tuple, ByteOrderIsTupleOrder) {
  SeededRandom random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto a = random_tuple(random);
    const auto b = random_tuple(random);
    // std::string compares as unsigned bytes; variant compares strings before integers.
    ASSERT_EQ(a < b, encode(a) < encode(b)) << "iteration " << i;
    ASSERT_EQ(a == b, encode(a) == encode(b)) << "iteration " << i;
  }
}

TEST(Tuple, ReadsBackWhatWasWritten) {
  SeededRandom random(8);
  for (int i = 0; i < 5'000; ++i) {
    const auto tuple = random_tuple(random);
    const std::string bytes = encode(tuple);
    KeyReader reader(bytes);
    for (const Element& element : tuple) {
      if (const auto* text = std::get_if<std::string>(&element)) {
        ASSERT_EQ(reader.next_string(), *text);
      } else {
        ASSERT_EQ(reader.next_integer(), std::get<std::int64_t>(element));
      }
    }
    ASSERT_TRUE(reader.done());
  }
}

TEST(Tuple, HasAStableEncoding) {
  EXPECT_EQ(key("a", 1), std::string("\x02"
                                     "a\x00\x15\x80\x00\x00\x00\x00\x00\x00\x01",
                                     12));
  EXPECT_EQ(key(std::string_view("\0", 1)), std::string("\x02\x00\xFF\x00", 4));
}

TEST(Tuple, PrefixByElementsIsPrefixByBytes) {
  EXPECT_TRUE(key("f", "name", 3).starts_with(key("f", "name")));
  EXPECT_FALSE(key("f", "name2").starts_with(key("f", "name")));
}

TEST(Tuple, RefusesMalformedKeys) {
  for (const std::string& bytes :
       {std::string(), std::string("\x02"), std::string("\x02xy"), std::string("\x02\x00\xFF", 3),
        std::string("\x15\x01\x02"), std::string("\x77")}) {
    KeyReader text(bytes);
    EXPECT_FALSE(text.next_string());
    KeyReader integer(bytes);
    EXPECT_FALSE(integer.next_integer());
  }
}

TEST(PrefixRange, CoversEveryKeyWithThePrefix) {
  EXPECT_EQ(prefix_range("ab").end, "ac");
  EXPECT_EQ(prefix_range("a\xFF\xFF").end, "b");
  EXPECT_EQ(prefix_range("\xFF\xFF").end, "");
  EXPECT_EQ(prefix_range("").end, "");
}

}  // namespace
}  // namespace kiln::store
