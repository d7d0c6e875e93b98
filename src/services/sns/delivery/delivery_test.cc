// SPDX-License-Identifier: Apache-2.0
// Messages on their way to queues and functions, whose services are a fake here.
#include "async/fault_points.h"
#include "queue/store_queue.h"
#include "services/sns/service.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kiln::sns {
namespace {

const TopicName kNews{"000000000000", "us-east-1", "news"};
const TopicName kOrders{"000000000000", "us-east-1", "orders.fifo"};
constexpr const char* kQueue = "arn:aws:sqs:us-east-1:000000000000:q";
constexpr const char* kFifoQueue = "arn:aws:sqs:us-east-1:000000000000:q.fifo";
constexpr const char* kDeadQueue = "arn:aws:sqs:us-east-1:000000000000:dead";

class Targets final : public aws::EventTarget {
 public:
  Task<Status> deliver(aws::TargetEvent event) override {
    auto& failures = failing[event.target_arn];
    if (!failures.empty()) {
      const ErrorCode code = failures.back();
      failures.pop_back();
      ++failed;
      co_return fail(code, "not now");
    }
    delivered.push_back(std::move(event));
    co_return Status{};
  }
  Task<Status> check(aws::TargetEvent) override { co_return Status{}; }

  std::map<std::string, std::vector<ErrorCode>> failing;
  std::vector<aws::TargetEvent> delivered;
  int failed = 0;
};

class Anybody final : public iam::Authorizer {
 public:
  Task<aws::ApiResult<void>> check(const aws::RequestContext&, aws::Authorization) override {
    co_return {};
  }
  Task<aws::ApiResult<void>> check_unbuilt(const aws::RequestContext&, std::string) override {
    co_return {};
  }
};

class SnsDelivery : public testing::Test {
 protected:
  ~SnsDelivery() override {
    loop.run_until_complete(service->stop());
    loop.run_until_complete(queue->stop());
  }

  template <class T>
  T await(Task<T> task) {
    std::optional<T> out;
    loop.run_until_complete(keep(std::move(task), out));
    return std::move(*out);
  }
  void subscribe(const TopicName& topic, std::string protocol, std::string endpoint,
                 Attributes attributes = {}) {
    ASSERT_TRUE(await(service->catalog.ensure_topic(topic, {})));
    Subscription wanted{.protocol = std::move(protocol),
                        .endpoint = std::move(endpoint),
                        .owner = topic.account,
                        .base_url = "http://k"};
    wanted.attributes = std::move(attributes);
    ASSERT_TRUE(await(service->catalog.subscribe(topic, std::move(wanted)))->has_value());
  }
  Accepted publish(const TopicName& topic, Message message) {
    const auto record = await(service->catalog.find_topic(topic));
    message.id = random.uuid();
    message.topic_id = (*record)->id;
    std::vector<Message> messages;
    messages.push_back(std::move(message));
    return await(service->publisher.publish(topic, **record, std::move(messages)))->front();
  }
  void until(std::size_t count) {
    for (int i = 0; i < 2'000 && targets.delivered.size() < count; ++i) {
      loop.run_until_complete(nap(loop.clock()));
    }
    ASSERT_EQ(targets.delivered.size(), count);
  }

  Loop loop;
  SeededRandom random{1};
  Metrics metrics;
  FaultPoints faults;
  BlockingPool pool{1, 10, metrics};
  Targets targets;
  Anybody anybody;
  std::unique_ptr<store::Store> store = store::make_memory_store(loop.clock(), loop);
  std::unique_ptr<queue::StoreQueue> queue = std::make_unique<queue::StoreQueue>(
      *store, loop, loop.clock(), random, metrics, faults, queue::StoreQueueOptions{});
  metering::MetricStore metric_store{*store, loop.clock(), random, metrics};
  std::unique_ptr<Service> service = make_service();

 private:
  std::unique_ptr<Service> make_service() {
    auto out = std::make_unique<Service>(Service::Ports{*store,
                                                        *queue,
                                                        loop.clock(),
                                                        loop,
                                                        pool,
                                                        random,
                                                        metrics,
                                                        metric_store,
                                                        targets,
                                                        anybody,
                                                        {}});
    out->start();
    return out;
  }
  static Task<void> nap(Clock& clock) {
    auto sleeping = sleep_ms(clock, 1, {});
    co_await sleeping;
  }
  template <class T>
  static Task<void> keep(Task<T> task, std::optional<T>& out) {
    out.emplace(co_await task);
  }
};

TEST_F(SnsDelivery, ARawMessageKeepsItsAttributesAndNamesItsSource) {
  subscribe(kNews, "sqs", kQueue, {{"RawMessageDelivery", "true"}});
  publish(kNews, {.text = "m", .attributes = {{"a", {"String", "1"}}}, .trace_header = "Root=1"});
  until(1);
  const auto& event = targets.delivered[0];
  EXPECT_EQ(event.payload, "m");
  EXPECT_EQ(event.attributes.at("a").value, "1");
  EXPECT_EQ(event.service, "sns.amazonaws.com");
  EXPECT_EQ(event.source_arn, arn_of(kNews));
  EXPECT_EQ(event.source_account, kNews.account);
  EXPECT_EQ(event.trace_header, "Root=1");
}

TEST_F(SnsDelivery, AQueueGetsTheEnvelopeAndAFunctionItsEvent) {
  subscribe(kNews, "sqs", kQueue);
  subscribe(kNews, "lambda", "arn:aws:lambda:us-east-1:000000000000:function:f");
  publish(kNews, {.text = "m"});
  until(2);
  for (const auto& event : targets.delivered) {
    const bool to_queue = event.target_arn == kQueue;
    EXPECT_EQ(
        event.payload.starts_with(to_queue ? "{\n  \"Type\"" : R"({"Records":[{"EventSource")"),
        true);
    EXPECT_NE(event.payload.find("http://k/SimpleNotificationService-"), std::string::npos);
    EXPECT_TRUE(event.attributes.empty());
  }
}

TEST_F(SnsDelivery, WhatFailsIsTriedAgainWithTheSameId) {
  subscribe(kNews, "sqs", kQueue);
  targets.failing[kQueue] = {ErrorCode::kTimeout, ErrorCode::kIo};
  publish(kNews, {.text = "m"});
  until(1);
  EXPECT_EQ(targets.failed, 2);
  EXPECT_EQ(metrics.counter("kiln_sns_delivery_retries_total").value(), 2);
}

TEST_F(SnsDelivery, WhatIsRefusedGoesToTheDeadLettersAtOnce) {
  subscribe(kNews, "sqs", kQueue,
            {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + std::string(kDeadQueue) + "\"}"}});
  targets.failing[kQueue] = {ErrorCode::kNotFound};
  publish(kNews, {.text = "m"});
  until(1);
  const auto& event = targets.delivered[0];
  EXPECT_EQ(event.target_arn, kDeadQueue);
  EXPECT_NE(event.payload.find(R"("Message" : "m")"), std::string::npos);
  EXPECT_EQ(event.attributes.at("ErrorCode").value, "NotFound");
  EXPECT_EQ(event.attributes.at("ErrorMessage").value, "not now");
  EXPECT_TRUE(event.attributes.contains("RequestID"));
}

TEST_F(SnsDelivery, AGroupOfAFifoTopicKeepsItsOrderThroughFailures) {
  subscribe(kOrders, "sqs", kFifoQueue, {{"RawMessageDelivery", "true"}});
  targets.failing[kFifoQueue] = {ErrorCode::kIo, ErrorCode::kIo};
  std::vector<std::string> numbers;
  for (int i = 0; i < 6; ++i) {
    const std::string text = std::to_string(i);
    numbers.push_back(publish(kOrders, {.text = text, .group_id = "g", .deduplication_id = text})
                          .sequence_number);
  }
  publish(kOrders, {.text = "again", .group_id = "g", .deduplication_id = "3"});
  until(6);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(targets.delivered[i].payload, std::to_string(i));
    EXPECT_EQ(targets.delivered[i].group_id, "g");
    EXPECT_EQ(targets.delivered[i].deduplication_id, std::to_string(i));
    if (i > 0) EXPECT_LT(numbers[i - 1], numbers[i]);
  }
  EXPECT_EQ(metrics.counter("kiln_sns_repeats_total").value(), 1);
}

TEST_F(SnsDelivery, ALargeMessageFansOutInPagesOnceToEach) {
  for (int i = 0; i < 20; ++i) {
    subscribe(kNews, "sqs", std::string(kQueue) + std::to_string(i),
              {{"RawMessageDelivery", "true"}});
  }
  publish(kNews, {.text = std::string(200'000, 'x')});
  until(20);
  std::set<std::string> arns;
  for (const auto& event : targets.delivered) arns.insert(event.target_arn);
  EXPECT_EQ(arns.size(), 20u);
}

TEST_F(SnsDelivery, SubscriptionsAreReadAgainOnlyWhenTheyHaveChanged) {
  Counter& read = metrics.counter("kiln_sns_subscription_lists_read_total");
  subscribe(kNews, "sqs", kQueue, {{"RawMessageDelivery", "true"}});
  for (int i = 0; i < 5; ++i) publish(kNews, {.text = "m"});
  EXPECT_EQ(read.value(), 1);
  const auto listed = await(service->catalog.list_subscriptions(
      kNews.place(), (*await(service->catalog.find_topic(kNews)))->id, "", 10));
  const SubscriptionName name{kNews, listed->front().id};
  ASSERT_TRUE(await(service->catalog.update_subscription(
      name, [](const Topic&, Subscription& subscription) -> aws::ApiResult<void> {
        subscription.attributes["FilterPolicy"] = R"({"a":["1"]})";
        return {};
      })));
  publish(kNews, {.text = "filtered"});
  publish(kNews, {.text = "m", .attributes = {{"a", {"String", "1"}}}});
  EXPECT_EQ(read.value(), 2);
  subscribe(kNews, "sqs", kDeadQueue, {{"RawMessageDelivery", "true"}});
  publish(kNews, {.text = "both", .attributes = {{"a", {"String", "1"}}}});
  EXPECT_EQ(read.value(), 3);
  until(8);
  ASSERT_TRUE(await(service->catalog.unsubscribe(name, false)));
  publish(kNews, {.text = "one"});
  until(9);
  EXPECT_EQ(targets.delivered.back().target_arn, kDeadQueue);
}

TEST_F(SnsDelivery, AnEventOfAnotherServiceIsPublished) {
  subscribe(kNews, "sqs", kQueue, {{"RawMessageDelivery", "true"}});
  aws::TargetEvent event;
  event.id = random.uuid();
  event.target_arn = arn_of(kNews);
  event.service = "s3.amazonaws.com";
  event.payload = "{}";
  event.subject = "Amazon S3 Notification";
  EXPECT_TRUE(await(service->topics.deliver(event)));
  until(1);
  EXPECT_EQ(targets.delivered[0].payload, "{}");
  event.target_arn += "x";
  EXPECT_EQ(await(service->topics.check(event)).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace kiln::sns
