// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/store/message_store.h"

#include "async/fake_clock.h"
#include "async/fault_points.h"
#include "async/loop.h"
#include "queue/store_queue.h"
#include "services/sqs/store/keys.h"
#include "services/sqs/store/sweeper.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

namespace kiln::sqs {
namespace {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await task);
}

class MessageStoreTest : public testing::Test {
 protected:
  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    loop_.run_until_complete(keep(std::move(task), out));
    return std::move(*out);
  }
  QueuePtr make(const std::string& name, TextMap attributes = {}) {
    if (name.ends_with(".fifo")) attributes["FifoQueue"] = "true";
    const QueueName full{"000000000000", "us-east-1", name};
    EXPECT_EQ(*run(queues_.create(full, std::move(attributes), {})), Made::kCreated);
    return *run(queues_.find(full));
  }
  std::string send(const QueuePtr& queue, std::string body, std::string id = {}) {
    std::vector<Outgoing> messages(1);
    messages[0].message = {.body = std::move(body),
                           .attributes = {},
                           .trace_header = {},
                           .sender_id = {},
                           .group_id = queue->settings.fifo ? "g" : "",
                           .deduplication_id = std::move(id)};
    const auto sent = run(messages_.send(queue, std::move(messages)));
    EXPECT_TRUE(sent) << sent.error().message;
    return sent ? sent->front().id : "";
  }
  std::vector<Received> receive(const QueuePtr& queue, std::size_t max = 10) {
    auto received = run(messages_.receive(queue, {.max = max, .visibility_seconds = 30}));
    EXPECT_TRUE(received) << received.error().message;
    return received ? std::move(*received) : std::vector<Received>();
  }
  std::int64_t visible(const QueuePtr& queue) { return run(messages_.counts(queue))->visible; }

  Loop loop_;
  FakeClock clock_;
  SeededRandom random_{1};
  Metrics metrics_;
  FaultPoints faults_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(clock_, loop_);
  queue::StoreQueue queue_{*store_, loop_, clock_, random_, metrics_, faults_};
  QueueDirectory queues_{*store_, clock_, random_, loop_, 60'000};
  metering::MetricStore metric_store_{*store_, clock_, random_, metrics_};
  metering::ResourceMeter meter_{metric_store_, "AWS/SQS", "QueueName"};
  MessageStore messages_{*store_, queue_, queues_, clock_, metrics_, meter_};
  Sweeper sweeper_{*store_, queues_, messages_, clock_};
};

TEST_F(MessageStoreTest, MessagesEndWithTheirRetention) {
  const QueuePtr queue = make("q", {{"MessageRetentionPeriod", "60"}});
  send(queue, "old");
  clock_.advance_ms(30'000);
  send(queue, "young");
  clock_.advance_ms(30'000);
  EXPECT_EQ(visible(queue), 2);
  const auto received = receive(queue);
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0].message.body, "young");
  clock_.advance_ms(60'000);
  ASSERT_TRUE(run(sweeper_.sweep()));
  EXPECT_EQ(visible(queue), 0);
}

TEST_F(MessageStoreTest, AMoveStartsTheClockOfAFifoMessageOnly) {
  for (const std::string suffix : {"", ".fifo"}) {
    const QueuePtr dead = make("dead" + suffix, {{"MessageRetentionPeriod", "60"}});
    const QueuePtr queue =
        make("q" + suffix, {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + dead->name.arn() +
                                                  R"(","maxReceiveCount":1})"}});
    send(queue, "poison", "d");
    receive(queue);
    clock_.advance_ms(61'000);
    EXPECT_TRUE(receive(queue).empty());
    ASSERT_TRUE(run(sweeper_.sweep()));
    EXPECT_EQ(receive(dead).size(), suffix.empty() ? 0U : 1U);
  }
}

TEST_F(MessageStoreTest, ADeduplicationIdIsFreeAgainAfterFiveMinutes) {
  const QueuePtr queue = make("q.fifo");
  const std::string first = send(queue, "a", "d");
  clock_.advance_ms(kDeduplicationMs - 1);
  ASSERT_TRUE(run(sweeper_.sweep()));
  EXPECT_EQ(send(queue, "b", "d"), first);
  clock_.advance_ms(1);
  const std::string second = send(queue, "c", "d");
  EXPECT_NE(second, first);
  ASSERT_TRUE(run(sweeper_.sweep()));
  EXPECT_EQ(send(queue, "d", "d"), second);
  clock_.advance_ms(kDeduplicationMs);
  ASSERT_TRUE(run(sweeper_.sweep()));
  const auto left = run(store_->scan(store::prefix_range(queue->messages + store::key("dedup"))));
  EXPECT_TRUE(left && left->empty());
}

TEST_F(MessageStoreTest, ADeletedQueueLeavesNothingBehind) {
  const QueuePtr queue = make("q.fifo");
  send(queue, std::string(100'000, 'm'), "d");
  ASSERT_TRUE(*run(queues_.remove(queue->name)));
  EXPECT_EQ(*run(queues_.create(queue->name, {}, {})), Made::kDeletedRecently);
  ASSERT_TRUE(run(sweeper_.sweep()));
  const auto left = run(store_->scan(store::prefix_range(queue->messages)));
  EXPECT_TRUE(left && left->empty());
  clock_.advance_ms(60'000);
  EXPECT_EQ(*run(queues_.create(queue->name, {}, {})), Made::kCreated);
}

TEST_F(MessageStoreTest, InFlightHasALimitThatEndsWithLeasesAndDeletes) {
  const QueuePtr queue = make("q");
  InFlight in_flight(queue_, clock_);
  for (int i = 0; i < 5; ++i) send(queue, "m");
  receive(queue, 3);
  EXPECT_EQ(*run(in_flight.room(queue->messages, 4, 10)), 1);
  in_flight.add(queue->messages, 1);
  EXPECT_EQ(*run(in_flight.room(queue->messages, 4, 1)), 0);
  in_flight.add(queue->messages, -1);
  EXPECT_EQ(*run(in_flight.room(queue->messages, 4, 1)), 1);
  in_flight.add(queue->messages, 1);
  clock_.advance_ms(30'000);  // nobody said that the leases have ended
  EXPECT_EQ(*run(in_flight.room(queue->messages, 4, 10)), 4);
}

}  // namespace
}  // namespace kiln::sqs
