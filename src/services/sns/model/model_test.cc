// SPDX-License-Identifier: Apache-2.0
#include "services/sns/model/delivery_policy.h"
#include "services/sns/model/envelope.h"
#include "services/sns/model/filter.h"
#include "services/sns/model/names.h"

#include <gtest/gtest.h>

#include <string>

namespace kiln::sns {
namespace {

const TopicName kTopic{"000000000000", "us-east-1", "news"};
constexpr std::string_view kId = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";

Delivery delivery() {
  Delivery out{.topic = kTopic, .subscription_id = std::string(kId), .base_url = "http://k:1"};
  out.message = {.id = "id-1", .topic_id = "t", .text = "a \"b\"", .published_ms = 1'500};
  return out;
}

TEST(SnsNames, TopicsAndSubscriptionsAreToldApart) {
  const std::string arn = arn_of(SubscriptionName{kTopic, std::string(kId)});
  EXPECT_EQ(parse_topic_arn(arn_of(kTopic)), kTopic);
  EXPECT_EQ(parse_subscription_arn(arn)->id, kId);
  EXPECT_FALSE(parse_topic_arn(arn));
  EXPECT_FALSE(parse_subscription_arn(arn_of(kTopic)));
  EXPECT_FALSE(parse_topic_arn("arn:aws:sqs:us-east-1:000000000000:news"));
}

TEST(SnsRetries, AFunctionIsTriedForTwentyThreeDays) {
  const RetryPolicy policy = managed_retries();
  std::int64_t total_ms = 0;
  std::int64_t attempt = 1;
  for (; policy.delay_ms(attempt); ++attempt) total_ms += *policy.delay_ms(attempt);
  EXPECT_EQ(attempt, 100'016);  // the first one and 100,015 more
  EXPECT_EQ(total_ms / 86'400'000, 23);
  EXPECT_EQ(policy.delay_ms(3), 0);
  EXPECT_EQ(policy.delay_ms(4), 1'000);
  EXPECT_EQ(policy.delay_ms(6), 1'000);
  EXPECT_EQ(policy.delay_ms(15), 20'000);
}

TEST(SnsRetries, MailIsTriedForSixHours) {
  const RetryPolicy policy = mail_retries();
  std::int64_t total_ms = 0;
  std::int64_t attempt = 1;
  for (; policy.delay_ms(attempt); ++attempt) total_ms += *policy.delay_ms(attempt);
  EXPECT_EQ(attempt, 51);
  EXPECT_EQ(total_ms / 3'600'000, 6);
}

TEST(SnsRetries, BackoffGoesFromTheShortestToTheLongestDelay) {
  for (const Backoff b :
       {Backoff::kLinear, Backoff::kArithmetic, Backoff::kGeometric, Backoff::kExponential}) {
    const RetryPolicy policy{.min_delay_s = 1, .max_delay_s = 100, .retries = 5, .backoff = b};
    EXPECT_EQ(policy.delay_ms(1), 1'000);
    EXPECT_EQ(policy.delay_ms(5), 100'000);
    EXPECT_LT(*policy.delay_ms(2), *policy.delay_ms(3));
    EXPECT_EQ(policy.delay_ms(6), std::nullopt);
  }
}

TEST(SnsRetries, ATopicMayForbidWhatSubscriptionsOverride) {
  const std::string own = R"({"healthyRetryPolicy":{"numRetries":9}})";
  const std::string topic =
      R"({"http":{"defaultHealthyRetryPolicy":{"numRetries":5},"disableSubscriptionOverrides":)";
  EXPECT_EQ(policy_of_subscription(topic + "false}}", own).retry.retries, 9);
  EXPECT_EQ(policy_of_subscription(topic + "true}}", own).retry.retries, 5);
  EXPECT_EQ(policy_of_subscription("", "").retry.retries, 3);
  EXPECT_FALSE(parse_delivery_policy(R"({"healthyRetryPolicy":{"numRetries":101}})", {}));
  EXPECT_FALSE(parse_delivery_policy(R"({"healthyRetryPolicy":{"minDelayTarget":30}})", {}));
}

TEST(SnsEnvelope, TheEventOfAFunction) {
  Delivery d = delivery();
  d.message.attributes = {{"n", {"Number", "1"}}, {"b", {"Binary", std::string("\0", 1)}}};
  EXPECT_EQ(
      lambda_event(d, {"1", "sig", "http://k:1/c.pem"}),
      R"({"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":)"
      R"("arn:aws:sns:us-east-1:000000000000:news:f81d4fae-7dec-41d0-a765-00a0c91e6bf6","Sns":)"
      R"({"Type":"Notification","MessageId":"id-1","TopicArn":)"
      R"("arn:aws:sns:us-east-1:000000000000:news","Subject":null,"Message":"a \"b\"",)"
      R"("Timestamp":"1970-01-01T00:00:01.500Z","SignatureVersion":"1","Signature":"sig",)"
      R"("SigningCertUrl":"http://k:1/c.pem","UnsubscribeUrl":)"
      R"("http://k:1/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:000000000000:news:)"
      R"(f81d4fae-7dec-41d0-a765-00a0c91e6bf6&Version=2010-03-31","MessageAttributes":)"
      R"({"b":{"Type":"Binary","Value":"AA=="},"n":{"Type":"Number","Value":"1"}}}}]})");
}

TEST(SnsEnvelope, WhatIsSignedHasASubjectOnlyWhereThereIsOne) {
  Delivery d = delivery();
  EXPECT_EQ(string_to_sign(d),
            "Message\na \"b\"\nMessageId\nid-1\nTimestamp\n1970-01-01T00:00:01.500Z\nTopicArn\n"
            "arn:aws:sns:us-east-1:000000000000:news\nType\nNotification\n");
  d.message.subject = "S";
  EXPECT_NE(string_to_sign(d).find("\nSubject\nS\n"), std::string::npos);
}

TEST(SnsEnvelope, MessagesOfFifoTopicsAreNotSigned) {
  Delivery d = delivery();
  d.message.sequence_number = "10000000000000000001";
  const std::string body = envelope(d, std::nullopt);
  EXPECT_NE(body.find(R"("SequenceNumber" : "10000000000000000001")"), std::string::npos);
  EXPECT_EQ(body.find("Signature"), std::string::npos);
  EXPECT_NE(body.find("UnsubscribeURL"), std::string::npos);
}

TEST(SnsRecords, DeliveriesAndFanOutsComeBackAsTheyWere) {
  Delivery d = delivery();
  d.message.attributes = {{"b", {"Binary", std::string("\0\xff", 2)}}};
  EXPECT_EQ(encode(*decode_delivery(encode(d))), encode(d));
  const FanOut f{kTopic, d.message};
  EXPECT_EQ(encode(*decode_fan_out(encode(f))), encode(f));
  EXPECT_FALSE(decode_delivery("x"));
  EXPECT_FALSE(decode_topic(encode(Topic{}).substr(0, 20)));
}

TEST(SnsFilter, NumbersThatJsonWouldNotTakeAreNumbers) {
  const auto pattern = compile_filter(R"({"n":[{"numeric":[">",0]}]})", kAttributeScope);
  ASSERT_TRUE(pattern);
  for (const char* text : {"+1", ".5", "1.", "1e3"}) {
    Message message;
    message.attributes["n"] = {"Number", text};
    EXPECT_TRUE(FilteredMessage(message).passes(*pattern, kAttributeScope, "")) << text;
  }
}

TEST(SnsFilter, BinaryAttributesAreNotThere) {
  const auto pattern = compile_filter(R"({"b":[{"exists":false}]})", kAttributeScope);
  Message message;
  message.attributes["b"] = {"Binary", "x"};
  EXPECT_TRUE(FilteredMessage(message).passes(*pattern, kAttributeScope, ""));
}

}  // namespace
}  // namespace kiln::sns
