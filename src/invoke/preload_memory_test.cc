// SPDX-License-Identifier: Apache-2.0
#include "invoke/preload_memory.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

lambda::FunctionVersion function_named(std::string name, std::string account = "000000000000") {
  lambda::FunctionVersion function;
  function.account = std::move(account);
  function.region = "us-east-1";
  function.name = std::move(name);
  return function;
}

class PreloadMemoryTest : public testing::Test {
 protected:
  Metrics metrics_;
  PreloadMemory memory_{metrics_};
};

TEST_F(PreloadMemoryTest, RemembersWhatAFunctionLoadedLast) {
  const auto function = function_named("f");
  EXPECT_EQ(memory_.of(function), "");
  memory_.note(function, "@aws-sdk/client-s3");
  EXPECT_EQ(memory_.of(function), "@aws-sdk/client-s3");
  memory_.note(function, "@aws-sdk/client-s3,@aws-sdk/lib-dynamodb");
  EXPECT_EQ(memory_.of(function), "@aws-sdk/client-s3,@aws-sdk/lib-dynamodb");
  EXPECT_EQ(memory_.of(function_named("f", "111111111111")), "");
  memory_.note(function, "");
  EXPECT_EQ(memory_.of(function), "");
}

TEST_F(PreloadMemoryTest, IgnoresWhatCannotBeModules) {
  const auto function = function_named("f");
  memory_.note(function, "s3");
  memory_.note(function, "a=b");
  memory_.note(function, "a\n");
  memory_.note(function, std::string(PreloadMemory::kMaxBytes + 1, 'a'));
  EXPECT_EQ(memory_.of(function), "s3");
}

TEST_F(PreloadMemoryTest, ForgetsTheOneThatWasHeardOfLeastRecently) {
  for (std::size_t i = 0; i < PreloadMemory::kMaxFunctions; ++i) {
    memory_.note(function_named("f" + std::to_string(i)), "s3");
  }
  memory_.note(function_named("f0"), "s3");
  memory_.note(function_named("one-more"), "s3");
  EXPECT_EQ(memory_.of(function_named("f0")), "s3");
  EXPECT_EQ(memory_.of(function_named("f1")), "");
  EXPECT_EQ(memory_.of(function_named("one-more")), "s3");
  EXPECT_EQ(metrics_.counter("kiln_invoke_preloads_forgotten_total").value(), 1);
}

}  // namespace
}  // namespace kiln::invoke
