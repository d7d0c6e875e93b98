// SPDX-License-Identifier: Apache-2.0
#include "invoke/log_level.h"

#include <gtest/gtest.h>

#include <string>

namespace kiln::invoke {
namespace {

TEST(LogLevels, are_named_in_any_case_and_as_python_names_them) {
  EXPECT_EQ(parse_log_level("trace"), LogLevel::kTrace);
  EXPECT_EQ(parse_log_level("Debug"), LogLevel::kDebug);
  EXPECT_EQ(parse_log_level("INFO"), LogLevel::kInfo);
  EXPECT_EQ(parse_log_level("WARN"), LogLevel::kWarn);
  EXPECT_EQ(parse_log_level("warning"), LogLevel::kWarn);
  EXPECT_EQ(parse_log_level("ERROR"), LogLevel::kError);
  EXPECT_EQ(parse_log_level("critical"), LogLevel::kFatal);
  for (const char* text : {"", "INF", "INFOS", "5", "WARNINGS"}) {
    EXPECT_FALSE(parse_log_level(text)) << text;
  }
}

TEST(LogLevels, of_a_line_are_its_top_level_member) {
  EXPECT_EQ(level_of_line(R"({"level":"ERROR","message":"no"})"), LogLevel::kError);
  EXPECT_EQ(level_of_line(R"( { "a" : {"level":"ERROR"}, "level" : "debug" } )"), LogLevel::kDebug);
  EXPECT_EQ(level_of_line(R"({"a":{"level":"ERROR"}})"), LogLevel::kInfo);
  EXPECT_EQ(level_of_line(R"({"message":"\"level\":\"ERROR\""})"), LogLevel::kInfo);
}

TEST(LogLevels, are_info_for_what_names_none) {
  for (const std::string& line :
       {std::string(), std::string("ERROR: no"), std::string(R"(["level","ERROR"])"),
        std::string(R"({"level":5})"), std::string(R"({"level":"loud"})"),
        std::string(10'000, '{')}) {
    EXPECT_EQ(level_of_line(line), LogLevel::kInfo) << line.substr(0, 40);
  }
}

}  // namespace
}  // namespace kiln::invoke
