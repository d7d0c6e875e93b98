// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/reads.h"

#include <gtest/gtest.h>

namespace kiln::s3 {
namespace {

std::string range(std::string_view header, std::uint64_t size) {
  const auto parsed = parse_range(header, size);
  if (!parsed) return parsed.error().code;
  if (!*parsed) return "whole";
  return std::to_string((*parsed)->first) + "-" + std::to_string((*parsed)->last);
}

TEST(Ranges, one_range_is_taken_and_cut_to_the_object) {
  EXPECT_EQ(range("bytes=0-0", 10), "0-0");
  EXPECT_EQ(range("bytes=2-5", 10), "2-5");
  EXPECT_EQ(range("bytes=5-", 10), "5-9");
  EXPECT_EQ(range("bytes=5-99", 10), "5-9");
  EXPECT_EQ(range("bytes=-3", 10), "7-9");
  EXPECT_EQ(range("bytes=-99", 10), "0-9");
}

TEST(Ranges, what_is_not_understood_is_the_whole_object) {
  for (const char* header : {"bytes=5-2", "bytes=a-b", "bytes=0-1,3-4", "items=0-1", "bytes", "",
                             "bytes=-", "bytes=99999999999999999999-"})
    EXPECT_EQ(range(header, 10), "whole") << header;
}

TEST(Ranges, past_the_end_there_is_nothing) {
  for (const char* header : {"bytes=10-", "bytes=10-20", "bytes=-0"})
    EXPECT_EQ(range(header, 10), "InvalidRange") << header;
  EXPECT_EQ(range("bytes=0-", 0), "InvalidRange");
  EXPECT_EQ(range("bytes=-1", 0), "InvalidRange");
}

Version version() {
  Version out;
  out.etag = "abc";
  out.modified = Timestamp{1'000'000};
  return out;
}

int status(const ReadConditions& conditions) {
  const auto checked = check_read(conditions, version());
  return checked ? 200 : checked.error().http_status;
}

TEST(ReadConditions, each_alone) {
  EXPECT_EQ(status({.if_match = "\"abc\""}), 200);
  EXPECT_EQ(status({.if_match = "\"x\", W/\"abc\""}), 200);
  EXPECT_EQ(status({.if_match = "*"}), 200);
  EXPECT_EQ(status({.if_match = "\"x\""}), 412);
  EXPECT_EQ(status({.if_none_match = "abc"}), 304);
  EXPECT_EQ(status({.if_none_match = "\"x\""}), 200);
  EXPECT_EQ(status({.if_modified_since = Timestamp{1'000'000}}), 304);
  EXPECT_EQ(status({.if_modified_since = Timestamp{999'000}}), 200);
  EXPECT_EQ(status({.if_unmodified_since = Timestamp{1'000'000}}), 200);
  EXPECT_EQ(status({.if_unmodified_since = Timestamp{999'000}}), 412);
}

// RFC 9110, 13.2.2, as S3 has it.
TEST(ReadConditions, tags_hide_times) {
  EXPECT_EQ(status({.if_match = "abc", .if_unmodified_since = Timestamp{1}}), 200);
  EXPECT_EQ(status({.if_none_match = "x", .if_modified_since = Timestamp{2'000'000}}), 200);
  EXPECT_EQ(status({.if_none_match = "abc", .if_modified_since = Timestamp{1}}), 304);
  EXPECT_EQ(status({.if_match = "x", .if_none_match = "abc"}), 412);
}

TEST(ReadConditions, copies_know_no_304) {
  const auto checked = check_copy_source({.if_none_match = "abc"}, version());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().http_status, 412);
}

}  // namespace
}  // namespace kiln::s3
