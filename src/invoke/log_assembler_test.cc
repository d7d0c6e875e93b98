// SPDX-License-Identifier: Apache-2.0
#include "invoke/log_assembler.h"

#include "invoke/log_level.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace kiln::invoke {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Lines {
  std::vector<std::string> all;
  void operator()(std::string_view line) { all.emplace_back(line); }
};

TEST(LogAssembler, CutsBytesIntoLinesWithTheirNewline) {
  LogAssembler assembler;
  Lines lines;
  assembler.add("one\ntwo\n\nthr", lines);
  EXPECT_THAT(lines.all, ElementsAre("one\n", "two\n", "\n"));
  assembler.add("ee\nfour", lines);
  EXPECT_THAT(lines.all, ElementsAre("one\n", "two\n", "\n", "three\n"));
}

TEST(LogAssembler, KeepsAPartialLineUntilItIsFinished) {
  LogAssembler assembler;
  Lines lines;
  assembler.add("no newline", lines);
  EXPECT_THAT(lines.all, IsEmpty());
  assembler.finish(lines);
  assembler.finish(lines);
  EXPECT_THAT(lines.all, ElementsAre("no newline"));
}

TEST(LogAssembler, CutsALineThatIsTooLongForAnEvent) {
  LogAssembler assembler;
  Lines lines;
  assembler.add(std::string(kMaxLogEventBytes - 1, 'x'), lines);
  EXPECT_THAT(lines.all, IsEmpty());
  assembler.add("yz\n", lines);
  ASSERT_EQ(lines.all.size(), 2u);
  EXPECT_EQ(lines.all[0].size(), kMaxLogEventBytes);
  EXPECT_EQ(lines.all[0].back(), 'y');
  EXPECT_EQ(lines.all[1], "z\n");
}

TEST(LogLevel, IsReadFromTheTopLevelMember) {
  EXPECT_EQ(level_of_line(R"({"level": "debug", "msg": "my debug log"})"), LogLevel::kDebug);
  EXPECT_EQ(level_of_line(R"({"a":{"level":"debug"},"x":"level","level":"ERROR"})"),
            LogLevel::kError);
  EXPECT_EQ(level_of_line(R"({"level":"\"debug"})"), LogLevel::kInfo);
  EXPECT_EQ(level_of_line("plain text with level: debug"), LogLevel::kInfo);
  EXPECT_EQ(level_of_line(R"({"level":"notice"})"), LogLevel::kInfo);
  EXPECT_EQ(level_of_line(R"({"level":3})"), LogLevel::kInfo);
  EXPECT_EQ(level_of_line(R"({"level)"), LogLevel::kInfo);
}

}  // namespace
}  // namespace kiln::invoke
