// SPDX-License-Identifier: Apache-2.0
#include "queue/store_queue.h"

#include "async/fake_clock.h"
#include "async/loop.h"
#include "store/memory/memory_store.h"
#include "store/tuple.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace kiln::queue {
namespace {

// Fails commits at a named point, once.
struct FailOnce final : FaultPoints {
  std::string point;
  ErrorCode code = ErrorCode::kUnknownOutcome;
  Status reach(std::string_view reached) override {
    if (reached != point) return {};
    point.clear();
    return fail(code, "injected");
  }
};

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await task);
}

class StoreQueueTest : public testing::Test {
 protected:
  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    loop_.run_until_complete(keep(std::move(task), out));
    return std::move(*out);
  }
  // Runs what is posted.
  void settle() {
    for (int i = 0; i < 20; ++i) loop_.run_until_complete(once(loop_));
  }
  static Task<void> once(Executor& home) { co_await resume_on(home); }

  void send(std::string payload, std::string group = {}, std::int64_t delay_ms = 0) {
    std::vector<Message> messages(1);
    messages[0] = {.payload = std::move(payload),
                   .visible_at = {clock_.wall().ms + delay_ms},
                   .group = std::move(group)};
    const auto sent = run(queue_.send(kQueue, std::move(messages)));
    ASSERT_TRUE(sent) << sent.error().message;
  }
  std::vector<Lease> claim(std::size_t max = 1, std::int64_t lease_ms = 30'000) {
    return claim(ClaimOptions{.max = max, .lease_ms = lease_ms});
  }
  std::vector<Lease> claim(ClaimOptions options, StoreQueue* queue = nullptr) {
    auto leases = run((queue ? *queue : queue_).claim(kQueue, std::move(options)));
    EXPECT_TRUE(leases) << leases.error().message;
    return leases ? std::move(*leases) : std::vector<Lease>{};
  }
  std::string payloads(const std::vector<Lease>& leases) {
    std::string out;
    for (const Lease& lease : leases) out += (out.empty() ? "" : " ") + lease.item.payload;
    return out;
  }
  std::string counts(const QueueId& queue) {
    const auto counts = run(queue_.counts(queue));
    if (!counts) return counts.error().message;
    return std::to_string(counts->visible) + "/" + std::to_string(counts->delayed) + "/" +
           std::to_string(counts->leased) + (counts->exact ? "" : " about");
  }

  const QueueId kQueue = store::key("000000000000", "us-east-1", "test", "q");
  const QueueId kDeadLetters = store::key("000000000000", "us-east-1", "test", "dlq");
  Loop loop_;
  FakeClock clock_;
  Metrics metrics_;
  SeededRandom random_{1};
  FailOnce faults_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(clock_, loop_);
  StoreQueue queue_{*store_, loop_, clock_, random_, metrics_, faults_};
};

TEST_F(StoreQueueTest, an_item_is_claimed_once_and_gone_when_done) {
  send("a");
  EXPECT_EQ(counts(kQueue), "1/0/0");
  const auto leases = claim(10);
  ASSERT_EQ(payloads(leases), "a");
  EXPECT_EQ(leases[0].item.attempts, 1);
  EXPECT_EQ(counts(kQueue), "0/0/1");
  EXPECT_EQ(payloads(claim(10)), "");
  EXPECT_TRUE(run(queue_.done(kQueue, leases[0].token)));
  EXPECT_EQ(counts(kQueue), "0/0/0");
  clock_.advance_ms(100'000);
  EXPECT_EQ(payloads(claim(10)), "");
  const auto left = run(store_->scan({}));
  EXPECT_TRUE(left->empty());
}

TEST_F(StoreQueueTest, a_lease_that_ends_brings_the_item_back_and_makes_its_token_stale) {
  send("a");
  const auto first = claim();
  clock_.advance_ms(30'000);
  const auto second = claim();
  ASSERT_EQ(payloads(second), "a");
  EXPECT_EQ(second[0].item.attempts, 2);
  EXPECT_EQ(second[0].item.first_claimed, first[0].item.first_claimed);
  EXPECT_EQ(run(queue_.done(kQueue, first[0].token)).error().code, ErrorCode::kConflict);
  EXPECT_EQ(run(queue_.change_visibility(kQueue, first[0].token, {})).error().code,
            ErrorCode::kConflict);
  EXPECT_TRUE(run(queue_.done(kQueue, second[0].token)));
  EXPECT_EQ(metrics_.counter("kiln_queue_expired_leases_total").value(), 1);
}

TEST_F(StoreQueueTest, a_token_stays_good_after_the_end_of_the_lease_until_the_next_claim) {
  send("a");
  const auto lease = claim();
  clock_.advance_ms(60'000);
  EXPECT_TRUE(run(queue_.done(kQueue, lease[0].token)));
}

TEST_F(StoreQueueTest, a_delayed_item_is_invisible_until_its_time) {
  send("late", {}, 5'000);
  send("soon");
  EXPECT_EQ(counts(kQueue), "1/1/0");
  EXPECT_EQ(payloads(claim(10)), "soon");
  clock_.advance_ms(4'999);
  EXPECT_EQ(payloads(claim(10)), "");
  clock_.advance_ms(1);
  EXPECT_EQ(payloads(claim(10)), "late");
}

TEST_F(StoreQueueTest, visibility_can_be_moved_and_the_token_stays) {
  send("a");
  const auto lease = claim();
  ASSERT_TRUE(run(queue_.change_visibility(kQueue, lease[0].token, clock_.wall())));
  ASSERT_TRUE(run(queue_.change_visibility(kQueue, lease[0].token, {clock_.wall().ms + 90'000})));
  clock_.advance_ms(89'000);
  EXPECT_EQ(payloads(claim()), "");
  EXPECT_EQ(counts(kQueue), "0/0/1");
  clock_.advance_ms(1'000);
  EXPECT_EQ(payloads(claim()), "a");
}

TEST_F(StoreQueueTest, a_released_item_is_delayed_and_its_token_is_spent) {
  send("a");
  const auto lease = claim();
  ASSERT_TRUE(run(queue_.release(kQueue, lease[0].token, {clock_.wall().ms + 1'000})));
  EXPECT_EQ(counts(kQueue), "0/1/0");
  EXPECT_FALSE(run(queue_.done(kQueue, lease[0].token)));
  clock_.advance_ms(1'000);
  EXPECT_EQ(claim()[0].item.attempts, 2);
}

TEST_F(StoreQueueTest, a_buried_item_is_in_the_other_queue_with_id_and_time) {
  send(std::string(10'000, 'x'));
  const auto lease = claim();
  clock_.advance_ms(10);
  ASSERT_TRUE(run(queue_.bury(kQueue, lease[0].token, kDeadLetters)));
  EXPECT_EQ(counts(kQueue), "0/0/0");
  const auto dead = run(queue_.peek(kDeadLetters, 10));
  ASSERT_EQ(dead->size(), 1u);
  EXPECT_EQ(dead->front().id, lease[0].item.id);
  EXPECT_EQ(dead->front().sent, lease[0].item.sent);
  EXPECT_EQ(dead->front().attempts, 0);
  EXPECT_EQ(dead->front().payload, lease[0].item.payload);
}

TEST_F(StoreQueueTest, an_item_claimed_too_often_goes_to_the_dead_letters) {
  send("bad");
  send("bad of group", "g");
  send("good of group", "g");
  const ClaimOptions options{.max = 10, .max_attempts = 2, .dead_letter = kDeadLetters};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(claim(options).size(), i == 0 ? 3u : 3u);
    clock_.advance_ms(30'000);
    if (i == 0) continue;
  }
  EXPECT_EQ(payloads(claim(options)), "");
  EXPECT_EQ(counts(kDeadLetters), "3/0/0");
  EXPECT_EQ(counts(kQueue), "0/0/0");
}

TEST_F(StoreQueueTest, a_group_is_in_order_and_blocked_while_in_flight) {
  for (const char* payload : {"a1", "a2", "a3"}) send(payload, "a");
  send("b1", "b");
  const auto first = claim(2);
  EXPECT_EQ(payloads(first), "a1 a2");
  EXPECT_LT(first[0].item.sequence, first[1].item.sequence);
  const auto other = claim(10);
  EXPECT_EQ(payloads(other), "b1");
  EXPECT_EQ(counts(kQueue), "1/0/3");
  ASSERT_TRUE(run(queue_.done(kQueue, first[0].token)));
  EXPECT_EQ(payloads(claim(10)), "");
  ASSERT_TRUE(run(queue_.done(kQueue, first[1].token)));
  const auto third = claim(10);
  EXPECT_EQ(payloads(third), "a3");
  ASSERT_TRUE(run(queue_.done(kQueue, third[0].token)));
  ASSERT_TRUE(run(queue_.done(kQueue, other[0].token)));
  EXPECT_TRUE(run(store_->scan({}))->empty());
}

TEST_F(StoreQueueTest, a_released_head_of_a_group_comes_first_again) {
  send("a1", "a");
  send("a2", "a");
  const auto first = claim();
  ASSERT_TRUE(run(queue_.release(kQueue, first[0].token, {clock_.wall().ms + 500})));
  EXPECT_EQ(payloads(claim(10)), "");
  clock_.advance_ms(500);
  EXPECT_EQ(payloads(claim(10)), "a1 a2");
  clock_.advance_ms(30'000);
  EXPECT_EQ(run(queue_.done(kQueue, first[0].token)).error().code, ErrorCode::kConflict);
}

TEST_F(StoreQueueTest, a_waiting_claim_is_woken_by_a_send) {
  std::optional<Result<std::vector<Lease>>> out;
  spawn(keep(queue_.claim(kQueue, {.wait_ms = 20'000}), out));
  settle();
  EXPECT_FALSE(out);
  send("a");
  settle();
  ASSERT_TRUE(out && *out);
  EXPECT_EQ(payloads(**out), "a");
}

TEST_F(StoreQueueTest, a_waiting_claim_is_woken_by_the_end_of_a_delay_and_by_stop) {
  send("late", {}, 700);
  std::optional<Result<std::vector<Lease>>> out;
  spawn(keep(queue_.claim(kQueue, {.wait_ms = 20'000}), out));
  settle();
  clock_.advance_ms(700);
  settle();
  ASSERT_TRUE(out && *out);
  EXPECT_EQ(payloads(**out), "late");
  out.reset();
  std::stop_source stop;
  spawn(keep(queue_.claim(kQueue, {.wait_ms = 20'000, .stop = stop.get_token()}), out));
  settle();
  stop.request_stop();
  settle();
  ASSERT_TRUE(out);
  EXPECT_EQ(out->error().code, ErrorCode::kCancelled);
}

TEST_F(StoreQueueTest, a_send_of_another_node_wakes_a_waiting_claim) {
  StoreQueue here(*store_, loop_, clock_, random_, metrics_, faults_, {.other_nodes = true});
  std::optional<Result<std::vector<Lease>>> out;
  spawn(keep(here.claim(kQueue, {.wait_ms = 20'000}), out));
  settle();
  send("from elsewhere");
  settle();
  ASSERT_TRUE(out && *out);
  EXPECT_EQ(payloads(**out), "from elsewhere");
}

TEST_F(StoreQueueTest, a_send_can_be_part_of_the_causes_batch) {
  store::Batch batch;
  batch.put("cause", "1");
  auto sent = queue_.add_send(batch, kQueue, {.payload = "effect"});
  ASSERT_TRUE(sent);
  EXPECT_EQ(payloads(claim()), "");
  ASSERT_TRUE(run(store_->commit(std::move(batch))));
  sent->pending.reset();
  EXPECT_EQ(payloads(claim()), "effect");
}

TEST_F(StoreQueueTest, an_unknown_outcome_of_a_send_is_resolved) {
  faults_.point = "queue.after_commit";
  send("once");
  EXPECT_EQ(payloads(claim(10)), "once");
  EXPECT_EQ(payloads(claim(10)), "");
}

TEST_F(StoreQueueTest, what_a_failing_claim_had_found_is_there_for_the_next_one) {
  send("a");
  send("b", "g");
  for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kTimeout}) {
    faults_.point = "queue.before_commit";
    faults_.code = code;
    run(queue_.claim(kQueue, {.max = 1, .lease_ms = 1'000}));
    EXPECT_EQ(claim(10, 1'000).size(), 2u);
    clock_.advance_ms(1'000);
  }
}

TEST_F(StoreQueueTest, purge_removes_what_was_sent_before) {
  for (int i = 0; i < 250; ++i) send("old" + std::to_string(i), i % 2 ? "g" : "");
  claim(10);
  clock_.advance_ms(1);
  const Timestamp cutoff = clock_.wall();
  send("new");
  send("new of group", "g");
  ASSERT_TRUE(run(queue_.purge(kQueue, cutoff)));
  EXPECT_EQ(counts(kQueue), "2/0/0");
  EXPECT_EQ(claim(10).size(), 2u);
}

TEST_F(StoreQueueTest, a_state_that_knows_nothing_finds_everything) {
  for (int i = 0; i < 200; ++i) send("m" + std::to_string(i));
  StoreQueue after_restart(*store_, loop_, clock_, random_, metrics_, faults_);
  EXPECT_EQ(claim({.max = 100}, &after_restart).size(), 100u);
  EXPECT_EQ(claim({.max = 100}).size(), 100u);
  EXPECT_EQ(counts(kQueue), "0/0/200");
}

TEST_F(StoreQueueTest, without_a_lease_an_item_is_answered_once_a_claim) {
  send("a");
  EXPECT_EQ(payloads(claim(10, 0)), "a");
  EXPECT_EQ(payloads(claim(10, 0)), "a");
}

TEST_F(StoreQueueTest, many_are_done_at_once_and_each_is_answered) {
  for (const char* payload : {"a", "b", "c"}) send(payload);
  for (const char* payload : {"1", "2", "3"}) send(payload, "g");
  const auto items = claim(3);
  const auto lines = claim(3);
  ASSERT_EQ(payloads(lines), "1 2 3");
  ASSERT_TRUE(run(queue_.release(kQueue, items[1].token, clock_.wall())));
  const auto done = run(queue_.done_all(kQueue, {items[0].token, items[1].token, lines[0].token,
                                                 "junk", lines[1].token, lines[1].token}));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(*done, (std::vector<bool>{true, false, true, false, true, false}));
  EXPECT_EQ(counts(kQueue), "1/0/2");
  clock_.advance_ms(30'001);
  EXPECT_EQ(claim(10).size(), 3U);
}

TEST_F(StoreQueueTest, an_item_is_found_by_its_token_whoever_has_it_now) {
  send("a");
  const auto first = claim();
  auto found = run(queue_.find(kQueue, first[0].token, true));
  ASSERT_TRUE(found && *found);
  EXPECT_TRUE((*found)->held);
  EXPECT_EQ((*found)->item.payload, "a");
  EXPECT_EQ((*found)->item.visible_at, first[0].item.visible_at);
  clock_.advance_ms(30'000);
  const auto second = claim();
  found = run(queue_.find(kQueue, first[0].token, false));
  ASSERT_TRUE(found && *found);
  EXPECT_FALSE((*found)->held);
  EXPECT_EQ((*found)->item.payload, "");
  ASSERT_TRUE(run(queue_.done(kQueue, second[0].token)));
  found = run(queue_.find(kQueue, first[0].token, false));
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
}

TEST_F(StoreQueueTest, leases_are_counted_and_moves_are_remembered) {
  send("later", {}, 60'000);
  for (const char* payload : {"1", "2"}) send(payload, "g");
  send("a");
  EXPECT_EQ(*run(queue_.count_leased(kQueue, 100)), 0);
  auto leases = claim(10);
  EXPECT_EQ(*run(queue_.count_leased(kQueue, 100)), 3);
  const QueueId dead = store::key("000000000000", "us-east-1", "test", "dead");
  for (const Lease& lease : leases) ASSERT_TRUE(run(queue_.bury(kQueue, lease.token, dead)));
  EXPECT_EQ(*run(queue_.count_leased(kQueue, 100)), 0);
  const auto buried = run(queue_.peek(dead, 10));
  ASSERT_TRUE(buried);
  ASSERT_EQ(buried->size(), 3U);
  for (const Item& item : *buried) {
    EXPECT_EQ(item.moved_from, kQueue);
    EXPECT_EQ(item.moved, clock_.wall());
  }
}

}  // namespace
}  // namespace kiln::queue
