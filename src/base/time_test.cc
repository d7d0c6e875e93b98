// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <gtest/gtest.h>

namespace kiln {
namespace {

constexpr Timestamp kSample{1'769'854'830'123};  // 2026-01-31T10:20:30.123Z, a Saturday

TEST(Time, FormatsTheFormsOfAwsProtocols) {
  EXPECT_EQ(format_iso8601(kSample), "2026-01-31T10:20:30.123Z");
  EXPECT_EQ(format_iso8601({1'769'854'830'000}), "2026-01-31T10:20:30Z");
  EXPECT_EQ(format_iso8601({1'769'854'830'000}, true), "2026-01-31T10:20:30.000Z");
  EXPECT_EQ(format_http_date(kSample), "Sat, 31 Jan 2026 10:20:30 GMT");
  EXPECT_EQ(format_lambda_time(kSample), "2026-01-31T10:20:30.123+0000");
  EXPECT_EQ(format_amz_date(kSample), "20260131T102030Z");
}

TEST(Time, FormatsTimesBeforeTheEpoch) {
  EXPECT_EQ(format_iso8601({-1}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_http_date({-86'400'000}), "Wed, 31 Dec 1969 00:00:00 GMT");
}

TEST(Time, ParsesWhatItFormats) {
  for (std::int64_t ms = -2'000'000'000'000; ms < 4'000'000'000'000; ms += 86'399'998'877) {
    const Timestamp whole{ms - ms % 1000};
    EXPECT_EQ(parse_iso8601(format_iso8601({ms}))->ms, ms);
    EXPECT_EQ(parse_http_date(format_http_date(whole))->ms, whole.ms);
    EXPECT_EQ(parse_amz_date(format_amz_date(whole))->ms, whole.ms);
  }
}

TEST(Time, ParsesZonesAndFractions) {
  EXPECT_EQ(parse_iso8601("2026-01-31T12:20:30.1239+02:00")->ms, kSample.ms);
  EXPECT_EQ(parse_iso8601("2026-01-31T05:20:30.123-0500")->ms, kSample.ms);
  EXPECT_EQ(parse_http_date("Sat, 31 Jan 2026 10:20:30.123 GMT")->ms, kSample.ms);
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T10:20:30Zx", "2026-01-31T10:20:30.Z"})
    EXPECT_FALSE(parse_iso8601(text)) << text;
  EXPECT_FALSE(parse_amz_date("2026-01-31T10:20:30Z"));
  EXPECT_FALSE(parse_amz_date("20260131T102030"));
  EXPECT_FALSE(parse_http_date("31 Jan 2026 10:20:30 GMT"));
}

}  // namespace
}  // namespace kiln
