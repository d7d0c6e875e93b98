// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/notifications.h"

#include <gtest/gtest.h>

#include <memory>

namespace kiln::s3 {
namespace {

constexpr char kFunction[] = "arn:aws:lambda:us-east-1:123456789012:function:f";

NotificationRule rule(std::string id, std::vector<std::string> events, std::string prefix = "",
                      std::string suffix = "") {
  return {std::move(id), kFunction, std::move(events), std::move(prefix), std::move(suffix)};
}

std::string refusal(Notifications rules) {
  const auto checked = check_notifications(rules, "us-east-1");
  return checked ? "" : checked.error().message;
}

TEST(Notifications, a_rule_selects_by_event_prefix_and_suffix) {
  const auto pictures = rule("a", {"s3:ObjectCreated:*"}, "in/", ".png");
  EXPECT_TRUE(selects(pictures, "ObjectCreated:Put", "in/x.png"));
  EXPECT_TRUE(selects(pictures, "ObjectCreated:CompleteMultipartUpload", "in/x.png"));
  EXPECT_FALSE(selects(pictures, "ObjectRemoved:Delete", "in/x.png"));
  EXPECT_FALSE(selects(pictures, "ObjectCreated:Put", "out/x.png"));
  EXPECT_FALSE(selects(pictures, "ObjectCreated:Put", "in/x.jpg"));
  EXPECT_FALSE(selects(rule("a", {"s3:ObjectCreated:Put"}), "ObjectCreated:Copy", "k"));
  EXPECT_TRUE(
      selects(rule("a", {"s3:ObjectCreated:Put"}, "my+dir/"), "ObjectCreated:Put", "my dir/k"));
}

TEST(Notifications, rules_that_overlap_are_refused) {
  EXPECT_EQ(
      refusal({rule("a", {"s3:ObjectCreated:*"}, "a/"), rule("b", {"s3:ObjectCreated:*"}, "b/")}),
      "");
  EXPECT_EQ(refusal({rule("a", {"s3:ObjectCreated:*"}, "", ".a"),
                     rule("b", {"s3:ObjectCreated:*"}, "", ".b")}),
            "");
  EXPECT_EQ(refusal({rule("a", {"s3:ObjectCreated:Put"}), rule("b", {"s3:ObjectCreated:Copy"})}),
            "");
  EXPECT_NE(refusal({rule("a", {"s3:ObjectCreated:Put"}), rule("b", {"s3:ObjectCreated:*"})}), "");
  EXPECT_NE(
      refusal({rule("a", {"s3:ObjectCreated:*"}, "a/"), rule("b", {"s3:ObjectCreated:*"}, "a/b")}),
      "");
}

TEST(Notifications, what_s3_does_not_know_is_refused_with_its_text) {
  EXPECT_TRUE(refusal({rule("a", {"s3:ObjectEaten"})})
                  .starts_with("The event 's3:ObjectEaten' is not supported for notifications."));
  EXPECT_EQ(refusal({rule("a", {"s3:ObjectCreated:*"}, "a"), rule("a", {"s3:ObjectRemoved:*"})}),
            "Same ID used for multiple configurations. IDs must be unique");
  auto elsewhere = rule("a", {"s3:ObjectCreated:*"});
  elsewhere.target = "arn:aws:sqs:eu-west-1:123456789012:q";
  EXPECT_TRUE(refusal({elsewhere}).starts_with("The notification destination service region"));
  elsewhere.target = "queue";
  EXPECT_EQ(refusal({elsewhere}), "The ARN is not well formed");
}

TEST(Notifications, rules_survive_their_encoding) {
  const Notifications rules = {rule("a", {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}, "p", "s")};
  const std::string bytes = encode(rules);
  EXPECT_EQ(encode(*decode_notifications(bytes)), bytes);
  EXPECT_FALSE(decode_notifications(std::string_view(bytes).substr(0, bytes.size() - 1)));
}

TEST(Notifications, the_record_is_as_documented) {
  auto state = std::make_shared<BucketState>();
  state->bucket.name = "app-in";
  state->bucket.region = "us-east-1";
  ObjectChange change;
  change.bucket = state;
  change.key = "in/red flower é.jpg";
  change.cause = {.event = "ObjectCreated:Put",
                  .principal_id = "AWS:AIDAEXAMPLE",
                  .source_ip = "192.0.2.10",
                  .request_id = "D928D2BEDDA78AB0"};
  change.version.size = 1024;
  change.version.etag = "abc";
  change.sequence = 255;
  const std::string text =
      event_record(rule("on-upload", {"s3:ObjectCreated:*"}), change, {1'767'225'600'123}, "owner");
  EXPECT_TRUE(text.starts_with(
      R"({"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-01-01T00:00:00.123Z","eventName":"ObjectCreated:Put","userIdentity":{"principalId":"AWS:AIDAEXAMPLE"},"requestParameters":{"sourceIPAddress":"192.0.2.10"})"))
      << text;
  EXPECT_TRUE(text.ends_with(
      R"("s3":{"s3SchemaVersion":"1.0","configurationId":"on-upload","bucket":{"name":"app-in","ownerIdentity":{"principalId":"owner"},"arn":"arn:aws:s3:::app-in"},"object":{"key":"in/red+flower+%C3%A9.jpg","size":1024,"eTag":"abc","sequencer":"00000000000000FF"}}}]})"))
      << text;
  change.cause.event = "ObjectRemoved:Delete";
  const std::string removed = event_record(rule("r", {"s3:ObjectRemoved:*"}), change, {0}, "owner");
  EXPECT_EQ(removed.find("eTag"), std::string::npos);
  EXPECT_EQ(removed.find("size"), std::string::npos);
}

}  // namespace
}  // namespace kiln::s3
