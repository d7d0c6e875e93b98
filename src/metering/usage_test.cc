// SPDX-License-Identifier: Apache-2.0
#include "metering/usage.h"

#include <gtest/gtest.h>

namespace kiln::metering {
namespace {

// 10 million requests of 250 ms at 512 MB.
Usage example() {
  return {.requests = 10'000'000,
          .billed_ms = 10'000'000LL * 250,
          .memory_mb_ms = 10'000'000LL * 250 * 512};
}

TEST(Usage, is_priced_by_the_list) {
  const auto lines = price(example(), false, false);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NEAR(lines[0].dollars, 2.00, 0.001);
  EXPECT_NEAR(lines[1].quantity, 1'250'000, 0.001);
  EXPECT_NEAR(lines[1].dollars, 20.83, 0.01);
}

TEST(Usage, the_free_tier_comes_off_first) {
  const auto lines = price(example(), false, true);
  EXPECT_NEAR(lines[0].dollars, 1.80, 0.001);
  EXPECT_NEAR(lines[1].dollars, 850'000 * 0.0000166667, 0.001);
  const auto small = price({.requests = 5, .memory_mb_ms = 1'000'000}, false, true);
  EXPECT_EQ(small[0].dollars, 0);
  EXPECT_EQ(small[1].dollars, 0);
}

TEST(Usage, much_of_it_is_cheaper) {
  const Usage large{.memory_mb_ms = 7'000'000'000LL * 1'024'000};
  EXPECT_NEAR(price(large, false, false)[1].dollars, 6e9 * 0.0000166667 + 1e9 * 0.000015, 1);
  EXPECT_LT(price(large, true, false)[1].dollars, price(large, false, false)[1].dollars);
}

TEST(Usage, storage_and_provisioned_concurrency_have_lines_of_their_own) {
  const auto lines =
      price({.storage_mb_ms = 1'024'000'000, .provisioned_mb_ms = 1'024'000'000}, false, false);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_NEAR(lines[2].dollars, 1'000 * 0.0000000309, 1e-9);
  EXPECT_NEAR(lines[3].dollars, 1'000 * 0.0000041667, 1e-9);
}

TEST(Usage, survives_its_encoding) {
  Usage usage = example();
  usage.init_ms = 7;
  usage.provisioned_run_mb_ms = 9;
  EXPECT_EQ(*decode_usage(encode(usage)), usage);
  EXPECT_FALSE(decode_usage("x"));
}

}  // namespace
}  // namespace kiln::metering
