// SPDX-License-Identifier: Apache-2.0
#include "invoke/exec_wrapper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

RuntimeCommand python() {
  RuntimeCommand runtime;
  runtime.interpreter = "/usr/bin/python3.11";
  runtime.command = {"/usr/bin/python3.11", "{runtime}/bootstrap.py"};
  return runtime;
}

TEST(ExecWrapper, LeavesTheCommandAloneWhenThereIsNone) {
  EXPECT_EQ(start_command(python(), {}), python().command);
  EXPECT_EQ(start_command(python(), {{"AWS_LAMBDA_EXEC_WRAPPER", ""}}), python().command);
}

TEST(ExecWrapper, GetsTheRuntimesCommandAsArguments) {
  for (const auto& [set, seen] : std::map<std::string, std::string>{
           {"/var/task/w.sh", "{task}/w.sh"}, {"/opt/w", "{opt}/w"}, {"/bin/nice", "/bin/nice"}}) {
    const auto command = start_command(python(), {{"AWS_LAMBDA_EXEC_WRAPPER", set}});
    ASSERT_EQ(command.size(), 7U);
    EXPECT_EQ(command[0], "/bin/sh");
    EXPECT_THAT(std::vector(command.begin() + 4, command.end()),
                ElementsAre(seen, "/usr/bin/python3.11", "{runtime}/bootstrap.py"));
  }
}

TEST(ExecWrapper, IsNotForOsOnlyRuntimes) {
  RuntimeCommand runtime;
  runtime.command = {"{task}/bootstrap|{opt}/bootstrap"};
  EXPECT_THAT(start_command(runtime, {{"AWS_LAMBDA_EXEC_WRAPPER", "/opt/w"}}),
              ElementsAreArray(runtime.command));
}

}  // namespace
}  // namespace kiln::invoke
