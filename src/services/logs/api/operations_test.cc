// SPDX-License-Identifier: Apache-2.0
#include "services/logs/api/operations.h"

#include "gen/logs/create_log_group.h"
#include "gen/logs/create_log_stream.h"
#include "gen/logs/delete_log_group.h"
#include "gen/logs/delete_log_stream.h"
#include "gen/logs/delete_retention_policy.h"
#include "gen/logs/describe_log_groups.h"
#include "gen/logs/describe_log_streams.h"
#include "gen/logs/filter_log_events.h"
#include "gen/logs/get_log_events.h"
#include "gen/logs/list_tags_for_resource.h"
#include "gen/logs/list_tags_log_group.h"
#include "gen/logs/put_log_events.h"
#include "gen/logs/put_retention_policy.h"
#include "gen/logs/tag_log_group.h"
#include "gen/logs/tag_resource.h"
#include "gen/logs/untag_log_group.h"
#include "gen/logs/untag_resource.h"
#include "services/logs/api/common.h"
#include "services/logs/test_service.h"

#include <set>

namespace kiln::logs {
namespace {

constexpr const char* kNoGroup =
    "ResourceNotFoundException: The specified log group does not exist.";
constexpr const char* kNoStream =
    "ResourceNotFoundException: The specified log stream does not exist.";

class Operations : public ServiceTest {
 protected:
  void create(const std::string& group, const std::string& stream = "") {
    call(kCreateLogGroup, {.log_group_name = group});
    if (!stream.empty()) {
      ok(kCreateLogStream, {.log_group_name = group, .log_stream_name = stream});
    }
  }
  gen::logs::PutLogEventsRequest put(std::vector<std::pair<std::int64_t, std::string>> events) {
    gen::logs::PutLogEventsRequest out{.log_group_name = "g", .log_stream_name = "s"};
    out.log_events.emplace();
    for (auto& [time, text] : events) out.log_events->push_back({time, std::move(text)});
    return out;
  }
  static std::vector<std::string> messages(const gen::logs::GetLogEventsResponse& page) {
    std::vector<std::string> out;
    for (const auto& e : *page.events) out.push_back(*e.message);
    return out;
  }
  static std::vector<std::string> messages(const gen::logs::FilterLogEventsResponse& page) {
    std::vector<std::string> out;
    for (const auto& e : *page.events) out.push_back(*e.message);
    return out;
  }
  std::vector<std::string> stream_names(gen::logs::DescribeLogStreamsRequest request) {
    request.log_group_name = "g";
    std::vector<std::string> out;
    do {
      auto page = ok(kDescribeLogStreams, request);
      for (const auto& s : *page.log_streams) out.push_back(*s.log_stream_name);
      request.next_token = page.next_token;
    } while (request.next_token);
    return out;
  }
  using V = std::vector<std::string>;
};

TEST_F(Operations, AllAreRegistered) {
  aws::Registry registry;
  register_operations(registry, service);
  EXPECT_EQ(registry.size(), 17U);
}

TEST_F(Operations, GroupsAreCreatedDescribedAndDeleted) {
  ok(kCreateLogGroup, {.log_group_name = "/a/b", .tags = Tags{{"k", "v"}}});
  EXPECT_EQ(error(kCreateLogGroup, {.log_group_name = "/a/b"}),
            "ResourceAlreadyExistsException: The specified log group already exists");
  EXPECT_EQ(error(kCreateLogGroup, {.log_group_name = "AWS/x"}),
            "InvalidParameterException: Log groups starting with AWS/ are reserved for AWS.");
  const auto page = ok(kDescribeLogGroups, {.log_group_name_prefix = "/a"});
  ASSERT_EQ(page.log_groups->size(), 1U);
  const auto& group = page.log_groups->front();
  EXPECT_EQ(group.arn, "arn:aws:logs:us-east-1:000000000000:log-group:/a/b:*");
  EXPECT_EQ(group.log_group_arn, "arn:aws:logs:us-east-1:000000000000:log-group:/a/b");
  EXPECT_EQ(group.creation_time, now());
  EXPECT_EQ(group.stored_bytes, 0);
  EXPECT_EQ(group.metric_filter_count, 0);
  EXPECT_EQ(group.log_group_class, "STANDARD");
  EXPECT_FALSE(group.retention_in_days);
  ok(kDeleteLogGroup, {.log_group_name = "/a/b"});
  EXPECT_EQ(error(kDeleteLogGroup, {.log_group_name = "/a/b"}), kNoGroup);
  EXPECT_TRUE(ok(kDescribeLogGroups, {}).log_groups->empty());
}

TEST_F(Operations, GroupsAreListedByPagesAndNotAcrossAccountsOrRegions) {
  for (int i = 0; i < 7; ++i) create("g" + std::to_string(i));
  create("other");
  std::vector<std::string> names;
  gen::logs::DescribeLogGroupsRequest request{.log_group_name_prefix = "g", .limit = 3};
  int pages = 0;
  do {
    const auto page = ok(kDescribeLogGroups, request);
    for (const auto& g : *page.log_groups) names.push_back(*g.log_group_name);
    request.next_token = page.next_token;
    ++pages;
  } while (request.next_token);
  EXPECT_EQ(names, (V{"g0", "g1", "g2", "g3", "g4", "g5", "g6"}));
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(ok(kDescribeLogGroups, {.log_group_name_pattern = "the"}).log_groups->size(), 1U);
  EXPECT_EQ(error(kDescribeLogGroups, {.next_token = "?"}),
            "InvalidParameterException: The specified nextToken is invalid.");
  context.region = "eu-west-1";
  EXPECT_TRUE(ok(kDescribeLogGroups, {}).log_groups->empty());
  context.region = "us-east-1";
  context.account = "111111111111";
  EXPECT_TRUE(ok(kDescribeLogGroups, {}).log_groups->empty());
}

TEST_F(Operations, StreamsAreCreatedListedAndDeleted) {
  EXPECT_EQ(error(kCreateLogStream, {.log_group_name = "g", .log_stream_name = "a"}), kNoGroup);
  create("g");
  for (const char* name : {"a", "b1", "b2", "c"}) create("g", name);
  EXPECT_EQ(error(kCreateLogStream, {.log_group_name = "g", .log_stream_name = "a"}),
            "ResourceAlreadyExistsException: The specified log stream already exists");
  EXPECT_EQ(stream_names({.limit = 2}), (V{"a", "b1", "b2", "c"}));
  EXPECT_EQ(stream_names({.descending = true, .limit = 3}), (V{"c", "b2", "b1", "a"}));
  EXPECT_EQ(stream_names({.log_stream_name_prefix = "b"}), (V{"b1", "b2"}));
  ok(kDeleteLogStream, {.log_group_name = "g", .log_stream_name = "b1"});
  EXPECT_EQ(error(kDeleteLogStream, {.log_group_name = "g", .log_stream_name = "b1"}), kNoStream);
  EXPECT_EQ(stream_names({.log_stream_name_prefix = "b"}), (V{"b2"}));
}

TEST_F(Operations, StreamsAreListedByLastEvent) {
  say("g", "old", now() - 5000, "x");
  say("g", "new", now(), "x");
  say("g", "mid", now() - 100, "x");
  EXPECT_EQ(stream_names({.order_by = "LastEventTime", .descending = true, .limit = 1}),
            (V{"new", "mid", "old"}));
  EXPECT_EQ(stream_names({.order_by = "LastEventTime", .limit = 2}), (V{"old", "mid", "new"}));
  EXPECT_EQ(
      error(kDescribeLogStreams,
            {.log_group_name = "g", .log_stream_name_prefix = "o", .order_by = "LastEventTime"}),
      "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.");
  const auto page = ok(kDescribeLogStreams, {.log_group_name = "g", .log_stream_name_prefix = "m"});
  const auto& stream = page.log_streams->front();
  EXPECT_EQ(stream.arn, "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:mid");
  EXPECT_EQ(stream.first_event_timestamp, now() - 100);
  EXPECT_EQ(stream.last_event_timestamp, now() - 100);
  EXPECT_EQ(stream.last_ingestion_time, now());
}

TEST_F(Operations, PutChecksTheBatch) {
  EXPECT_EQ(error(kPutLogEvents, put({{now(), "x"}})), kNoGroup);
  create("g");
  EXPECT_EQ(error(kPutLogEvents, put({{now(), "x"}})), kNoStream);
  create("g", "s");
  EXPECT_EQ(error(kPutLogEvents, put({{now(), "x"}, {now() - 1, "y"}})),
            "InvalidParameterException: Log events in a single PutLogEvents request must be in "
            "chronological order.");
  EXPECT_EQ(error(kPutLogEvents, put({{now(), std::string(1'048'551, 'x')}})),
            "InvalidParameterException: Upload too large: 1048577 bytes exceeds limit of 1048576");
  EXPECT_EQ(error(kPutLogEvents, put({{now() - kDayMs - 1, "x"}, {now(), "y"}})),
            "InvalidParameterException: The batch of log events in a single PutLogEvents request "
            "cannot span more than 24 hours.");
  const auto done = ok(kPutLogEvents, put({{now(), std::string(1'048'550, 'x')}}));
  EXPECT_FALSE(done.rejected_log_events_info);
  EXPECT_EQ(done.next_sequence_token->size(), 56U);
}

TEST_F(Operations, PutRejectsEventsOutsideTheWindowAndKeepsTheRest) {
  create("g", "s");
  const auto done = ok(kPutLogEvents, put({{now() - 15 * kDayMs, "old"},
                                           {now(), "kept"},
                                           {now() + 2 * 3'600'000, "kept too"},
                                           {now() + 3 * 3'600'000, "new"}}));
  ASSERT_TRUE(done.rejected_log_events_info);
  EXPECT_EQ(done.rejected_log_events_info->too_old_log_event_end_index, 1);
  EXPECT_EQ(done.rejected_log_events_info->too_new_log_event_start_index, 3);
  EXPECT_FALSE(done.rejected_log_events_info->expired_log_event_end_index);
  EXPECT_EQ(messages(ok(kGetLogEvents, {.log_group_name = "g", .log_stream_name = "s"})),
            (V{"kept", "kept too"}));
  ok(kPutRetentionPolicy, {.log_group_name = "g", .retention_in_days = 3});
  const auto expired = ok(kPutLogEvents, put({{now() - 4 * kDayMs, "gone"}}));
  EXPECT_EQ(expired.rejected_log_events_info->expired_log_event_end_index, 1);
}

TEST_F(Operations, GetPagesInBothDirectionsAndRepeatsTheTokenAtAnEnd) {
  create("g", "s");
  ok(kPutLogEvents, put({{now() - 4, "1"}, {now() - 3, "2"}, {now() - 3, "3"}, {now(), "4"}}));
  gen::logs::GetLogEventsRequest get{
      .log_group_name = "g", .log_stream_name = "s", .limit = 3, .start_from_head = true};
  const auto head = ok(kGetLogEvents, get);
  EXPECT_EQ(messages(head), (V{"1", "2", "3"}));
  EXPECT_TRUE(head.next_forward_token->starts_with("f/"));
  EXPECT_TRUE(head.next_backward_token->starts_with("b/"));
  get.next_token = head.next_forward_token;
  const auto rest = ok(kGetLogEvents, get);
  EXPECT_EQ(messages(rest), (V{"4"}));
  get.next_token = rest.next_forward_token;
  const auto end = ok(kGetLogEvents, get);
  EXPECT_TRUE(end.events->empty());
  EXPECT_EQ(end.next_forward_token, get.next_token);
  ok(kPutLogEvents, put({{now() + 1, "5"}}));
  EXPECT_EQ(messages(ok(kGetLogEvents, get)), (V{"5"})) << "the token waits for new events";
  get.next_token = end.next_backward_token;
  EXPECT_EQ(messages(ok(kGetLogEvents, get)), (V{"2", "3", "4"}));
  get.next_token = head.next_backward_token;
  const auto begin = ok(kGetLogEvents, get);
  EXPECT_TRUE(begin.events->empty());
  EXPECT_EQ(begin.next_backward_token, get.next_token);
}

TEST_F(Operations, GetAnswersTheNewestFirstAndHonoursTheRange) {
  create("g", "s");
  ok(kPutLogEvents, put({{now() - 4, "1"}, {now() - 3, "2"}, {now(), "3"}}));
  gen::logs::GetLogEventsRequest get{.log_group_name = "g", .log_stream_name = "s", .limit = 2};
  EXPECT_EQ(messages(ok(kGetLogEvents, get)), (V{"2", "3"}));
  get.start_time = now() - 4;
  get.end_time = now();
  EXPECT_EQ(messages(ok(kGetLogEvents, get)), (V{"1", "2"})) << "endTime is exclusive";
  get.next_token = "f/1/s";
  EXPECT_EQ(error(kGetLogEvents, get),
            "InvalidParameterException: The specified nextToken is invalid.");
  EXPECT_EQ(error(kGetLogEvents, {.log_group_name = "g", .log_stream_name = "x"}), kNoStream);
  EXPECT_EQ(error(kGetLogEvents, {.log_group_name = "x", .log_stream_name = "x"}), kNoGroup);
}

TEST_F(Operations, FilterMergesStreamsByTimeAndPages) {
  for (int i = 0; i < 10; ++i) {
    say("g", "s" + std::to_string(i % 3), now() + i, "line " + std::to_string(i));
  }
  gen::logs::FilterLogEventsRequest request{.log_group_name = "g", .limit = 4};
  V seen;
  std::set<std::string> ids;
  int pages = 0;
  do {
    const auto page = ok(kFilterLogEvents, request);
    for (const auto& e : *page.events) {
      seen.push_back(*e.message);
      EXPECT_EQ(e.event_id->size(), 56U);
      ids.insert(*e.event_id);
    }
    request.next_token = page.next_token;
    ++pages;
  } while (request.next_token);
  EXPECT_EQ(seen.size(), 10U);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(seen[static_cast<std::size_t>(i)], "line " + std::to_string(i));
  EXPECT_EQ(ids.size(), 10U);
  EXPECT_EQ(pages, 3);
}

TEST_F(Operations, FilterSelectsByPatternStreamsAndTime) {
  say("g", "a1", now(), "ERROR one");
  say("g", "a2", now() + 1, "INFO two");
  say("g", "b", now() + 2, "ERROR three");
  gen::logs::FilterLogEventsRequest request{.log_group_name = "g", .filter_pattern = "ERROR"};
  EXPECT_EQ(messages(ok(kFilterLogEvents, request)), (V{"ERROR one", "ERROR three"}));
  request.log_stream_name_prefix = "a";
  EXPECT_EQ(messages(ok(kFilterLogEvents, request)), (V{"ERROR one"}));
  EXPECT_EQ(messages(ok(kFilterLogEvents,
                        {.log_group_name = "g", .log_stream_names = V{"b", "a2", "b"}})),
            (V{"INFO two", "ERROR three"}));
  EXPECT_EQ(messages(ok(kFilterLogEvents,
                        {.log_group_identifier = "arn:aws:logs:us-east-1:000000000000:log-group:g",
                         .start_time = now() + 1,
                         .end_time = now() + 1})),
            (V{"INFO two"}));
  EXPECT_EQ(error(kFilterLogEvents, {.log_group_name = "g", .filter_pattern = "{ $.a"}),
            "InvalidParameterException: Invalid filter pattern");
  EXPECT_EQ(error(kFilterLogEvents, {.log_group_name = "g", .log_stream_names = V{"zz"}}),
            kNoStream);
  EXPECT_EQ(error(kFilterLogEvents, {.log_group_name = "nope"}), kNoGroup);
  EXPECT_EQ(error(kFilterLogEvents, {.log_group_name = "g", .log_group_identifier = "g"}),
            "InvalidParameterException: LogGroup name and LogGroup ARN are mutually exclusive "
            "parameters.");
}

// What `aws logs tail --follow` does: from the last time seen, forgetting the ids it has printed.
TEST_F(Operations, FilterServesAFollower) {
  say("g", "s", now(), "one");
  gen::logs::FilterLogEventsRequest request{.log_group_name = "g", .start_time = now() - 600'000};
  auto page = ok(kFilterLogEvents, request);
  ASSERT_EQ(messages(page), (V{"one"}));
  EXPECT_FALSE(page.next_token);
  const std::string id = *page.events->front().event_id;
  say("g", "s", now(), "two");
  request.start_time = now();
  page = ok(kFilterLogEvents, request);
  ASSERT_EQ(messages(page), (V{"one", "two"}));
  EXPECT_EQ(page.events->front().event_id, id);
}

TEST_F(Operations, RetentionTakesAwsValuesAndHidesExpiredEvents) {
  EXPECT_EQ(error(kPutRetentionPolicy, {.log_group_name = "g", .retention_in_days = 1}), kNoGroup);
  say("g", "s", now() - 2 * kDayMs, "old");
  say("g", "s", now(), "new");
  EXPECT_TRUE(error(kPutRetentionPolicy, {.log_group_name = "g", .retention_in_days = 2})
                  .starts_with("InvalidParameterException: 1 validation error detected: Value '2' "
                               "at 'retentionInDays' failed to satisfy constraint: "));
  ok(kFilterLogEvents, {.log_group_name = "g"});
  ok(kPutRetentionPolicy, {.log_group_name = "g", .retention_in_days = 1});
  EXPECT_EQ(ok(kDescribeLogGroups, {}).log_groups->front().retention_in_days, 1);
  EXPECT_EQ(messages(ok(kFilterLogEvents, {.log_group_name = "g"})), (V{"new"}));
  ok(kDeleteRetentionPolicy, {.log_group_name = "g"});
  EXPECT_EQ(messages(ok(kFilterLogEvents, {.log_group_name = "g"})), (V{"old", "new"}));
}

TEST_F(Operations, TagsOfBothGenerationsAreTheSame) {
  const std::string arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
  EXPECT_EQ(error(kTagResource, {.resource_arn = arn, .tags = Tags{{"a", "1"}}}),
            "ResourceNotFoundException: The specified resource does not exist.");
  create("g");
  ok(kTagResource, {.resource_arn = arn, .tags = Tags{{"a", "1"}, {"b", "2"}}});
  ok(kTagLogGroup, {.log_group_name = "g", .tags = Tags{{"a", "3"}, {"c", "4"}}});
  EXPECT_EQ(ok(kListTagsForResource, {.resource_arn = arn}).tags,
            (Tags{{"a", "3"}, {"b", "2"}, {"c", "4"}}));
  ok(kUntagResource, {.resource_arn = arn, .tag_keys = V{"a"}});
  ok(kUntagLogGroup, {.log_group_name = "g", .tags = V{"b", "none"}});
  EXPECT_EQ(ok(kListTagsLogGroup, {.log_group_name = "g"}).tags, (Tags{{"c", "4"}}));
  Tags many;
  for (int i = 0; i < 50; ++i) many["t" + std::to_string(i)] = "";
  EXPECT_TRUE(error(kTagResource, {.resource_arn = arn, .tags = many})
                  .starts_with("TooManyTagsException: "));
  EXPECT_EQ(error(kListTagsLogGroup, {.log_group_name = "x"}), kNoGroup);
}

TEST_F(Operations, AskIamForGroupsAndStreams) {
  const auto put_events =
      kPutLogEvents.authorize(context, {.log_group_name = "/aws/lambda/f", .log_stream_name = "s"});
  EXPECT_EQ(put_events.permissions.at(0).action, "logs:PutLogEvents");
  EXPECT_EQ(put_events.permissions.at(0).resource,
            "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f:log-stream:s");
  EXPECT_EQ(kFilterLogEvents.authorize(context, {.log_group_name = "g"}).permissions.at(0).resource,
            "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:");
  EXPECT_EQ(kDescribeLogGroups.authorize(context, {}).permissions.at(0).resource, "*");
  EXPECT_EQ(
      kListTagsLogGroup.authorize(context, {.log_group_name = "g"}).permissions.at(0).resource,
      "arn:aws:logs:us-east-1:000000000000:log-group:g");
}

}  // namespace
}  // namespace kiln::logs
