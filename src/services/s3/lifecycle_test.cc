// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/lifecycle.h"

#include <gtest/gtest.h>

namespace kiln::s3 {
namespace {

constexpr std::int64_t kDay = 24LL * 3'600'000;
constexpr Timestamp kMidnight{1'767'225'600'000};  // 2026-01-01T00:00:00Z
Timestamp at(std::int64_t days, std::int64_t ms = 0) { return {kMidnight.ms + days * kDay + ms}; }

Version version(Timestamp modified, std::uint64_t size = 1) {
  Version out;
  out.modified = modified;
  out.size = size;
  return out;
}

LifecycleRule rule(std::string id, std::string prefix = "") {
  LifecycleRule out;
  out.id = std::move(id);
  out.filter.prefix = std::move(prefix);
  return out;
}

Lifecycle of(LifecycleRule one) {
  Lifecycle out;
  out.rules.push_back(std::move(one));
  return out;
}

TEST(Lifecycle, days_end_at_the_next_midnight) {
  EXPECT_EQ(due_after(at(0), 1), at(1));
  EXPECT_EQ(due_after(at(0, 1), 1), at(2));
  EXPECT_EQ(due_after(at(0, kDay - 1), 3), at(4));
}

TEST(Lifecycle, a_version_ends_by_the_rule_that_comes_first) {
  auto late = rule("late");
  late.days = 9;
  auto early = rule("early", "a/");
  early.date = at(3);
  Lifecycle both;
  both.rules = {late, early};
  EXPECT_EQ(expiry_of(both, "a/k", version(at(0)))->rule_id, "early");
  EXPECT_EQ(expiry_of(both, "b", version(at(0)))->at, at(9));
  both.rules[0].enabled = false;
  EXPECT_FALSE(expiry_of(both, "b", version(at(0))));
  EXPECT_EQ(expiration_text({at(9), "a \"b\""}),
            "expiry-date=\"Sat, 10 Jan 2026 00:00:00 GMT\", rule-id=\"a%20%22b%22\"");
}

TEST(Lifecycle, filters_look_at_tags_and_sizes) {
  auto narrow = rule("r");
  narrow.days = 1;
  narrow.filter.tags = {{"k", "v"}};
  narrow.filter.larger_than = 10;
  narrow.filter.smaller_than = 20;
  const auto lifecycle = of(narrow);
  auto fits = version(at(0), 15);
  fits.about.tags = {{"k", "v"}, {"other", "x"}};
  EXPECT_TRUE(expiry_of(lifecycle, "k", fits));
  for (const std::uint64_t size : {10U, 20U}) {
    auto other = fits;
    other.size = size;
    EXPECT_FALSE(expiry_of(lifecycle, "k", other)) << size;
  }
  fits.about.tags = {{"k", "w"}};
  EXPECT_FALSE(expiry_of(lifecycle, "k", fits));
}

TEST(Lifecycle, noncurrent_versions_end_by_age_and_number) {
  auto keeps = rule("r");
  keeps.noncurrent_days = 2;
  keeps.newer_noncurrent = 3;
  const auto lifecycle = of(keeps);
  const auto old = version(at(-100));
  EXPECT_TRUE(noncurrent_goes(lifecycle, "k", old, {at(0), 3}, at(2)));
  EXPECT_FALSE(noncurrent_goes(lifecycle, "k", old, {at(0), 2}, at(2)));
  EXPECT_FALSE(noncurrent_goes(lifecycle, "k", old, {at(0, 1), 3}, at(2)));
}

TEST(Lifecycle, a_marker_alone_goes_at_once_or_with_its_age) {
  auto at_once = rule("r");
  at_once.expired_markers = true;
  EXPECT_TRUE(lone_marker_goes(of(at_once), "k", version(at(0)), at(0)));
  auto aged = rule("r");
  aged.days = 2;
  EXPECT_FALSE(lone_marker_goes(of(aged), "k", version(at(0)), at(1)));
  EXPECT_TRUE(lone_marker_goes(of(aged), "k", version(at(0)), at(2)));
  aged.filter.tags = {{"k", "v"}};
  EXPECT_FALSE(lone_marker_goes(of(aged), "k", version(at(0)), at(2)));
}

TEST(Lifecycle, versions_move_down_only_and_small_ones_stay) {
  auto moves = rule("r");
  moves.transitions = {{.days = 30, .date = {}, .newer = {}, .storage_class = "STANDARD_IA"},
                       {.days = 60, .date = {}, .newer = {}, .storage_class = "GLACIER_IR"}};
  const auto lifecycle = of(moves);
  auto large = version(at(0), 200'000);
  EXPECT_FALSE(moves_to(lifecycle, "k", large, nullptr, at(29)));
  EXPECT_EQ(moves_to(lifecycle, "k", large, nullptr, at(30)), "STANDARD_IA");
  EXPECT_EQ(moves_to(lifecycle, "k", large, nullptr, at(60)), "GLACIER_IR");
  large.about.storage_class = "GLACIER_IR";
  EXPECT_FALSE(moves_to(lifecycle, "k", large, nullptr, at(60)));
  EXPECT_FALSE(moves_to(lifecycle, "k", version(at(0), 128 * 1024 - 1), nullptr, at(60)));
}

TEST(Lifecycle, rules_survive_their_stored_form) {
  auto full = rule("r", "p");
  full.enabled = false;
  full.filter.form = LifecycleFilter::Form::kAnd;
  full.filter.tags = {{"k", "v"}};
  full.filter.larger_than = 0;
  full.expired_markers = false;
  full.noncurrent_days = 4;
  full.newer_noncurrent = 5;
  full.abort_days = 6;
  full.transitions = {{.days = {}, .date = at(1), .newer = {}, .storage_class = "STANDARD_IA"}};
  full.noncurrent_transitions = {
      {.days = 0, .date = {}, .newer = 2, .storage_class = "GLACIER_IR"}};
  const auto back = decode_lifecycle(encode(of(full)));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), encode(of(full)));
  EXPECT_EQ(back->rules[0].filter.larger_than, 0);
  EXPECT_EQ(back->rules[0].expired_markers, false);
  EXPECT_FALSE(back->rules[0].days);
}

TEST(Lifecycle, the_common_prefix_is_of_rules_that_are_on) {
  Lifecycle lifecycle;
  lifecycle.rules = {rule("1", "logs/a"), rule("2", "logs/b"), rule("3", "x")};
  EXPECT_EQ(common_rule_prefix(lifecycle), "");
  lifecycle.rules[2].enabled = false;
  EXPECT_EQ(common_rule_prefix(lifecycle), "logs/");
}

}  // namespace
}  // namespace kiln::s3
