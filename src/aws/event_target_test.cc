// SPDX-License-Identifier: Apache-2.0
#include "aws/event_target.h"

#include "async/loop.h"

#include <gtest/gtest.h>

#include <vector>

namespace kiln::aws {
namespace {

struct Recorder final : EventTarget {
  std::vector<TargetEvent> seen;
  Task<Status> deliver(TargetEvent event) override {
    seen.push_back(std::move(event));
    co_return Status{};
  }
  Task<Status> check(TargetEvent) override { co_return Status{}; }
};

Task<void> keep(Task<Status> task, Status& out) { out = co_await task; }

Status delivered(Loop& loop, EventTargets& targets, std::string arn) {
  Status out;
  loop.run_until_complete(keep(targets.deliver({.id = "1", .target_arn = std::move(arn)}), out));
  return out;
}

TEST(EventTarget, an_event_survives_its_encoding) {
  const TargetEvent event{
      .service = "s3.amazonaws.com",
      .source_arn = "arn:aws:s3:::b",
      .source_account = "123456789012",
      .payload = std::string(100'000, 'x'),
      .subject = "s",
      .attributes = {{"a", {"Binary", std::string("\0\1", 2)}}, {"b", {"Number", "1"}}},
      .group_id = "g",
      .deduplication_id = "d",
      .trace_header = "Root=1"};
  const auto decoded = decode_event(encode_event(event));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encode_event(*decoded), encode_event(event));
  EXPECT_EQ(decoded->attributes.at("a").value.size(), 2u);
  const std::string bytes = encode_event(event);
  EXPECT_FALSE(decode_event(std::string_view(bytes).substr(0, bytes.size() - 1)));
}

TEST(EventTarget, the_service_of_the_arn_decides) {
  Loop loop;
  EventTargets targets;
  Recorder queues;
  targets.add("sqs", queues);
  EXPECT_TRUE(delivered(loop, targets, "arn:aws:sqs:us-east-1:123456789012:q"));
  ASSERT_EQ(queues.seen.size(), 1u);
  EXPECT_EQ(queues.seen[0].id, "1");
  for (const char* arn : {"arn:aws:sns:us-east-1:123456789012:t", "q", ""}) {
    const Status refused = delivered(loop, targets, arn);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace kiln::aws
