// SPDX-License-Identifier: Apache-2.0
#include "invoke/trace_header.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

TEST(TraceHeader, IsMadeWhereTheCallerBroughtNone) {
  SeededRandom random{1};
  const auto passed = invocation_trace("", false, {1'700'000'000'000}, random);
  EXPECT_TRUE(passed.starts_with("Root=1-6553f100-")) << passed;
  EXPECT_EQ(trace_field(passed, "Root").size(), 35u);
  EXPECT_EQ(trace_field(passed, "Parent").size(), 16u);
  EXPECT_EQ(trace_field(passed, "Sampled"), "0");
  const auto active = invocation_trace("", true, {1'700'000'000'000}, random);
  EXPECT_EQ(trace_field(active, "Sampled"), "1");
  EXPECT_NE(trace_field(active, "Root"), trace_field(passed, "Root"));
}

TEST(TraceHeader, PassesAndIsCompletedByActiveTracing) {
  SeededRandom random{1};
  const std::string root = "Root=1-5e1b4151-5ac6c58d3b1c5b6e7f8a9b0c";
  EXPECT_EQ(invocation_trace(root, false, {}, random), root);
  const std::string whole = root + ";Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:abc:3";
  EXPECT_EQ(invocation_trace(whole, true, {}, random), whole);
  const auto completed = invocation_trace(root, true, {}, random);
  EXPECT_TRUE(completed.starts_with(root + ";Parent="));
  EXPECT_EQ(trace_field(completed, "Sampled"), "1");
  EXPECT_EQ(trace_field("a; Sampled=1", "Sampled"), "1");
}

}  // namespace
}  // namespace kiln::invoke
