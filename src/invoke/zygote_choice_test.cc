// SPDX-License-Identifier: Apache-2.0
#include "invoke/zygote_choice.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

RuntimeCommand python() {
  RuntimeCommand command;
  command.interpreter = "/usr/bin/python3.11";
  command.zygote_command = {"/usr/bin/python3.11", "{runtime}/zygote.py"};
  command.directories = {{"{sdk}", "/cache/sdk", "/var/sdk"}};
  return command;
}

lambda::FunctionVersion function(std::map<std::string, std::string> variables = {}) {
  lambda::FunctionVersion function;
  function.account = "111111111111";
  function.environment = std::move(variables);
  return function;
}

TEST(ZygoteChoice, FunctionsOfAnAccountShareAndThoseOfOthersDoNot) {
  auto other = function({{"TABLE", "orders"}});
  EXPECT_EQ(choose_zygote(function(), python()).key, choose_zygote(other, python()).key);
  other.account = "222222222222";
  EXPECT_NE(choose_zygote(function(), python()).key, choose_zygote(other, python()).key);
}

TEST(ZygoteChoice, AnotherInterpreterOrSdkIsAnotherZygote) {
  auto newer = python();
  newer.interpreter = "/usr/bin/python3.12";
  EXPECT_NE(choose_zygote(function(), python()).key, choose_zygote(function(), newer).key);
  auto bare = python();
  bare.directories.clear();
  EXPECT_NE(choose_zygote(function(), python()).key, choose_zygote(function(), bare).key);
}

TEST(ZygoteChoice, VariablesThatTheProcessReadsFirstNeedAnExec) {
  for (const char* name : {"LD_PRELOAD", "PYTHONPATH", "MALLOC_ARENA_MAX", "LANG", "LC_ALL",
                           "OPENSSL_CONF", "AWS_LAMBDA_EXEC_WRAPPER"}) {
    EXPECT_TRUE(choose_zygote(function({{name, "x"}}), python()).key.empty()) << name;
  }
}

TEST(ZygoteChoice, RuntimesWithoutAZygoteHaveNoKey) {
  EXPECT_TRUE(choose_zygote(function(), RuntimeCommand{}).key.empty());
}

RuntimeCommand node() {
  RuntimeCommand command;
  command.interpreter = "/cache/node/22/bin/node";
  command.can_wait = true;
  return command;
}

TEST(StandbyChoice, NodeServesEveryAccountBecauseItHoldsNothingOfAny) {
  auto other = function();
  other.account = "210987654321";
  EXPECT_EQ(choose_standby(function(), node()).key, choose_standby(other, node()).key);
  RuntimeCommand newer = node();
  newer.interpreter = "/cache/node/24/bin/node";
  EXPECT_NE(choose_standby(function(), node()).key, choose_standby(function(), newer).key);
}

TEST(StandbyChoice, ModulesThatAreLoadedAheadHaveAKeyOfTheirOwnAndTheOtherWillDo) {
  const auto plain = choose_standby(function(), node());
  const auto loaded = choose_standby(function(), node(), "@aws-sdk/client-s3");
  EXPECT_NE(loaded.key, plain.key);
  EXPECT_EQ(loaded.otherwise, plain.key);
  EXPECT_EQ(loaded.variables.back(),
            (std::pair<std::string, std::string>("_KILN_PRELOADS", "@aws-sdk/client-s3")));
  EXPECT_EQ(plain.otherwise, "");
}

TEST(StandbyChoice, VariablesThatAreReadAtExecAskForAPlainStart) {
  for (const char* name : {"NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "UV_THREADPOOL_SIZE",
                           "SSL_CERT_FILE", "LD_PRELOAD", "AWS_LAMBDA_EXEC_WRAPPER"}) {
    EXPECT_EQ(choose_standby(function({{name, "x"}}), node()).key, "") << name;
  }
  EXPECT_NE(choose_standby(function({{"TZ", "UTC"}}), node()).key, "");
  EXPECT_EQ(choose_standby(function(), RuntimeCommand{}).key, "");
}

}  // namespace
}  // namespace kiln::invoke
