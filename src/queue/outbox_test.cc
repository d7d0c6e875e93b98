// SPDX-License-Identifier: Apache-2.0
#include "queue/outbox.h"

#include "async/fake_clock.h"
#include "async/loop.h"
#include "queue/keys.h"
#include "queue/pending.h"
#include "queue/store_queue.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <utility>

namespace kiln::queue {
namespace {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await task);
}

struct RecordingDeliverer final : Deliverer {
  std::string log;  // "payload:attempt " and "dead(payload) "
  std::map<std::string, int> failures;
  ErrorCode failure = ErrorCode::kIo;
  Task<Status> deliver(Delivery delivery) override {
    log += delivery.payload + ":" + std::to_string(delivery.attempt) + " ";
    if (failures[delivery.payload]-- > 0) co_return fail(failure, "refused");
    co_return Status{};
  }
  Task<Status> dead_letter(Delivery delivery, Error) override {
    log += "dead(" + delivery.payload + ") ";
    co_return Status{};
  }
};

class OutboxTest : public testing::Test {
 protected:
  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    loop_.run_until_complete(keep(std::move(task), out));
    return std::move(*out);
  }
  static Task<void> once(Executor& home) { co_await resume_on(home); }
  void settle() {
    for (int i = 0; i < 60; ++i) loop_.run_until_complete(once(loop_));
  }
  void advance(std::int64_t ms) {
    for (std::int64_t left = ms; left > 0; left -= 100) {
      clock_.advance_ms(std::min<std::int64_t>(left, 100));
      settle();
    }
  }
  Status add(std::vector<OutboxEntry> entries) {
    store::Batch batch;
    auto sent = run(outbox_.add_entries(batch, kPartition, std::move(entries)));
    if (!sent) return std::unexpected(sent.error());
    const Status committed = run(store_->commit(std::move(batch)));
    sent->pending.reset();
    settle();
    return committed;
  }
  void stop_relay() { loop_.run_until_complete(relay_.stop()); }
  ~OutboxTest() override {
    stop_relay();
    loop_.run_until_complete(queue_.stop());
  }

  const std::string kPartition =
      store::key("s3", "000000000000", "us-east-1", std::string_view("\xff\x01", 2));
  Loop loop_;
  FakeClock clock_;
  Metrics metrics_;
  SeededRandom random_{1};
  FaultPoints faults_;
  RecordingDeliverer deliverer_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(clock_, loop_);
  StoreQueue queue_{*store_, loop_, clock_, random_, metrics_, faults_};
  Outbox outbox_{*store_, queue_, clock_};
  OutboxRelay relay_{outbox_, deliverer_, clock_, random_, metrics_, faults_};
};

TEST_F(OutboxTest, an_entry_is_delivered_after_the_commit) {
  relay_.start();
  ASSERT_TRUE(add({{.target = "arn", .payload = "a"}}));
  EXPECT_EQ(deliverer_.log, "a:1 ");
  advance(2'000);
  EXPECT_EQ(deliverer_.log, "a:1 ");
}

TEST_F(OutboxTest, a_relay_that_starts_later_finds_the_entry) {
  ASSERT_TRUE(add({{.payload = "a"}}));
  relay_.start();
  settle();
  EXPECT_EQ(deliverer_.log, "a:1 ");
}

TEST_F(OutboxTest, a_failed_delivery_is_tried_again_in_order_of_its_key) {
  relay_.start();
  deliverer_.failures["a"] = 2;
  ASSERT_TRUE(add({{.payload = "a", .order = "k"}, {.payload = "b", .order = "k"}}));
  EXPECT_EQ(deliverer_.log, "a:1 ");
  advance(10'000);
  EXPECT_EQ(deliverer_.log, "a:1 a:2 a:3 b:1 ");
}

TEST_F(OutboxTest, an_entry_that_fails_too_often_or_for_good_is_a_dead_letter) {
  relay_.start();
  deliverer_.failures["a"] = 9;
  ASSERT_TRUE(add({{.payload = "a", .max_attempts = 2}}));
  advance(10'000);
  EXPECT_EQ(deliverer_.log, "a:1 a:2 dead(a) ");
  deliverer_.log.clear();
  deliverer_.failure = ErrorCode::kInvalidArgument;
  deliverer_.failures["b"] = 9;
  ASSERT_TRUE(add({{.payload = "b"}}));
  EXPECT_EQ(deliverer_.log, "b:1 dead(b) ");
}

TEST_F(OutboxTest, an_idle_partition_is_forgotten_and_known_again) {
  relay_.start();
  ASSERT_TRUE(add({{.payload = "a"}}));
  EXPECT_TRUE(*run(store_->read(keys::outbox_registration(kPartition))));
  advance(70'000);
  EXPECT_TRUE(run(store_->scan({}))->empty());
  ASSERT_TRUE(add({{.payload = "b"}}));
  EXPECT_EQ(deliverer_.log, "a:1 b:1 ");
}

TEST_F(OutboxTest, an_entry_that_meets_the_end_of_its_partition_conflicts) {
  ASSERT_TRUE(add({{.payload = "a"}}));
  store::Batch batch;
  auto sent = run(outbox_.add_entries(batch, kPartition, {{.payload = "b"}}));
  ASSERT_TRUE(sent);
  relay_.start();
  advance(70'000);
  EXPECT_EQ(run(store_->commit(std::move(batch))).error().code, ErrorCode::kConflict);
}

TEST_F(OutboxTest, what_is_tried_again_later_is_reported_by_name) {
  RegistryReporter reporter(*store_, queue_, clock_, "outbox", [](const std::string& payload) {
    return decode_outbox_entry(payload)->target;
  });
  relay_.start();
  EXPECT_TRUE(run(reporter.pending(10))->empty());
  deliverer_.failures["a"] = 1;
  ASSERT_TRUE(add({{.target = "arn:q", .payload = "a"}}));
  const auto pending = run(reporter.pending(10));
  ASSERT_EQ(pending->size(), 1u);
  EXPECT_EQ(pending->front().kind, "outbox");
  EXPECT_EQ(pending->front().name, "s3/000000000000/us-east-1/ff01");
  EXPECT_EQ(pending->front().next, "arn:q");
  EXPECT_EQ(pending->front().backlog.counts.delayed, 1);
  EXPECT_GT(pending->front().backlog.due_in_ms, 0);
  EXPECT_TRUE(run(reporter.pending(0))->empty());
  advance(pending->front().backlog.due_in_ms);
  EXPECT_TRUE(run(reporter.pending(10))->empty());
}

}  // namespace
}  // namespace kiln::queue
