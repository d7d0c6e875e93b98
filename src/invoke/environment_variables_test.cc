// SPDX-License-Identifier: Apache-2.0
#include "invoke/environment_variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace kiln::invoke {
namespace {

std::map<std::string, std::string> variables_of(const lambda::FunctionVersion& function) {
  RuntimeCommand runtime;
  runtime.variables = {{"AWS_EXECUTION_ENV", "AWS_Lambda_python3.12"}, {"TZ", ":UTC"}};
  const iam::TemporaryCredentials credentials{.access_key_id = "ASIAX",
                                              .secret_access_key = "secret",
                                              .session_token = "token",
                                              .expiration = {}};
  const Variables all = platform_variables(function, runtime, "2026/01/01/[$LATEST]ab", credentials,
                                           "http://127.0.0.1:4566");
  std::map<std::string, std::string> map(all.begin(), all.end());
  EXPECT_EQ(map.size(), all.size()) << "a variable is set twice";
  return map;
}

lambda::FunctionVersion hello() {
  lambda::FunctionVersion function;
  function.account = "123456789012";
  function.region = "eu-west-1";
  function.name = "hello";
  function.handler = "app.handler";
  function.memory_mb = 256;
  function.logging.log_group = "/aws/lambda/hello";
  return function;
}

TEST(EnvironmentVariables, HoldsWhatLambdaPromises) {
  const auto all = variables_of(hello());
  EXPECT_EQ(all.at("_HANDLER"), "app.handler");
  EXPECT_EQ(all.at("AWS_REGION"), "eu-west-1");
  EXPECT_EQ(all.at("AWS_DEFAULT_REGION"), "eu-west-1");
  EXPECT_EQ(all.at("AWS_EXECUTION_ENV"), "AWS_Lambda_python3.12");
  EXPECT_EQ(all.at("AWS_LAMBDA_FUNCTION_NAME"), "hello");
  EXPECT_EQ(all.at("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "256");
  EXPECT_EQ(all.at("AWS_LAMBDA_FUNCTION_VERSION"), "$LATEST");
  EXPECT_EQ(all.at("AWS_LAMBDA_INITIALIZATION_TYPE"), "on-demand");
  EXPECT_EQ(all.at("AWS_LAMBDA_LOG_GROUP_NAME"), "/aws/lambda/hello");
  EXPECT_EQ(all.at("AWS_LAMBDA_LOG_STREAM_NAME"), "2026/01/01/[$LATEST]ab");
  EXPECT_EQ(all.at("AWS_ACCESS_KEY_ID"), "ASIAX");
  EXPECT_EQ(all.at("AWS_SECRET_ACCESS_KEY"), "secret");
  EXPECT_EQ(all.at("AWS_SESSION_TOKEN"), "token");
  EXPECT_EQ(all.at("AWS_LAMBDA_RUNTIME_API"), "{runtime_api}");
  EXPECT_EQ(all.at("LAMBDA_TASK_ROOT"), "{task}");
  EXPECT_EQ(all.at("AWS_ENDPOINT_URL"), "http://127.0.0.1:4566");
  EXPECT_EQ(all.at("TZ"), ":UTC");
  // The runtime sets it for each invocation.
  EXPECT_FALSE(all.contains("_X_AMZN_TRACE_ID"));
  EXPECT_FALSE(all.contains("AWS_LAMBDA_LOG_FORMAT"));
}

TEST(EnvironmentVariables, TheFunctionMaySetUnreservedOnesItself) {
  lambda::FunctionVersion function = hello();
  function.environment = {{"TZ", "Asia/Kolkata"}, {"AWS_ENDPOINT_URL", "http://other"}};
  const auto all = variables_of(function);
  EXPECT_FALSE(all.contains("TZ"));
  EXPECT_FALSE(all.contains("AWS_ENDPOINT_URL"));
}

TEST(EnvironmentVariables, JsonFormatTellsTheRuntime) {
  lambda::FunctionVersion function = hello();
  function.logging.json = true;
  function.logging.application_level = "DEBUG";
  const auto all = variables_of(function);
  EXPECT_EQ(all.at("AWS_LAMBDA_LOG_FORMAT"), "JSON");
  EXPECT_EQ(all.at("AWS_LAMBDA_LOG_LEVEL"), "DEBUG");
}

}  // namespace
}  // namespace kiln::invoke
