// SPDX-License-Identifier: Apache-2.0
#include "invoke/async_dispatcher.h"

#include "async/fake_clock.h"
#include "async/loop.h"
#include "aws/event_target.h"
#include "queue/keys.h"
#include "queue/store_queue.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <utility>

namespace kiln::invoke {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await task);
}

struct FakeDirectory final : lambda::FunctionDirectory {
  Task<aws::ApiResult<lambda::ResolvedFunction>> resolve(aws::RequestContext, std::string name,
                                                         std::string) override {
    if (gone) co_return aws::fail({"ResourceNotFoundException", 404, "Function not found: x"});
    auto version = std::make_shared<lambda::FunctionVersion>();
    version->account = "123456789012";
    version->region = "us-east-1";
    version->name = name;
    version->role = "arn:aws:iam::123456789012:role/r";
    version->dead_letter_target = dead_letters;
    co_return lambda::ResolvedFunction{.version = version, .concurrency = concurrency};
  }
  Task<Result<std::string>> code_directory(lambda::FunctionVersionPtr) override { co_return "/"; }
  bool gone = false;
  std::string dead_letters;
  lambda::ConcurrencyLimits concurrency;
};

// Notes who ran when; `act` decides what comes of it.
struct FakeInvoker final : Invoker {
  explicit FakeInvoker(FakeClock& c) : clock(c) {}
  Task<aws::ApiResult<InvokeResult>> invoke(lambda::FunctionVersionPtr function,
                                            InvokeRequest request) override {
    runs.push_back({clock.wall().ms, function->name, request.request_id, request.payload});
    most = std::max(most, ++running);
    if (ms > 0) {
      auto sleeping = sleep_ms(clock, ms, {});
      co_await sleeping;
    }
    --running;
    co_return act(request);
  }
  Task<void> stop() override { co_return; }

  struct Run {
    std::int64_t at;
    std::string function, request_id, payload;
  };
  FakeClock& clock;
  std::vector<Run> runs;
  std::int64_t ms = 0;
  int running = 0;
  int most = 0;
  std::function<aws::ApiResult<InvokeResult>(const InvokeRequest&)> act = [](const auto&) {
    return InvokeResult{.payload = "1", .executed_version = "$LATEST"};
  };
};

aws::ApiResult<InvokeResult> function_error(const InvokeRequest&) {
  return InvokeResult{.payload = R"({"errorMessage":"boom"})",
                      .function_error = "Unhandled",
                      .executed_version = "$LATEST"};
}
aws::ApiResult<InvokeResult> throttle(const InvokeRequest&) {
  return aws::fail({"TooManyRequestsException", 429, "Rate Exceeded."});
}

struct CountingObserver final : AsyncObserver {
  int receptions = 0, drops = 0;
  std::int64_t oldest = 0;
  void received(const AsyncResource&) override { ++receptions; }
  void age(const AsyncResource&, std::int64_t ms) override { oldest = std::max(oldest, ms); }
  void dropped(const AsyncResource&) override { ++drops; }
};

struct FakeSettings final : AsyncSettingsSource {
  Task<Result<AsyncSettings>> find(lambda::FunctionKey, std::string) override {
    co_return settings;
  }
  AsyncSettings settings;
};

// One run of the process over a store that outlives it.
struct Node {
  Node(store::Store& store, Loop& loop, FakeClock& clock, FakeDirectory& functions)
      : queue(store, loop, clock, random, metrics, faults),
        outbox(store, queue, clock),
        events(store, queue, random, metrics, observer),
        invoker(clock),
        dispatcher({events, invoker, functions, settings, outbox, observer, clock, random, metrics,
                    faults},
                   {.max_in_flight = 20}) {
    dispatcher.start();
  }
  SeededRandom random{1};
  Metrics metrics;
  FaultPoints faults;
  CountingObserver observer;
  queue::StoreQueue queue;
  queue::Outbox outbox;
  AsyncQueue events;
  FakeInvoker invoker;
  FakeSettings settings;
  AsyncDispatcher dispatcher;
};

class AsyncDispatcherTest : public testing::Test {
 protected:
  AsyncDispatcherTest() { restart(); }
  ~AsyncDispatcherTest() override { end(); }
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
  // In steps: what a timer starts may wait for the next one.
  void advance(std::int64_t ms, std::int64_t step = 100) {
    for (std::int64_t left = ms; left > 0; left -= step) {
      clock_.advance_ms(std::min(left, step));
      settle();
    }
  }
  void end() {
    if (!node_) return;
    node_->dispatcher.stop_claiming();
    clock_.advance_ms(20 * kMinute);
    loop_.run_until_complete(node_->dispatcher.stop());
    loop_.run_until_complete(node_->queue.stop());
    node_.reset();
  }
  void restart() {
    end();
    node_ = std::make_unique<Node>(*store_, loop_, clock_, functions_);
    settle();
  }
  Status accept(std::string id, std::string function = "hello") {
    AsyncEvent event;
    event.request_id = std::move(id);
    event.function = {"123456789012", "us-east-1", std::move(function)};
    event.payload = "{}";
    auto status = run(node_->events.accept(std::move(event)));
    settle();
    return status;
  }
  // What is in the outbox of "hello".
  std::vector<aws::TargetEvent> sent() {
    std::vector<aws::TargetEvent> out;
    const auto partition = lambda::keys::events({"123456789012", "us-east-1", "hello"});
    for (const auto& item : *run(node_->queue.peek(queue::keys::outbox(partition), 10))) {
      FieldReader in(item.payload);  // as outbox.cc writes it
      std::string target = in.text();
      in.number();
      in.number();
      out.push_back(*aws::decode_event(in.text()));
      out.back().target_arn = target;
    }
    return out;
  }
  std::vector<FakeInvoker::Run>& runs() { return node_->invoker.runs; }
  std::int64_t value(std::string name) { return node_->metrics.counter(std::move(name)).value(); }

  Loop loop_;
  FakeClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(clock_, loop_);
  FakeDirectory functions_;
  std::unique_ptr<Node> node_;
};

TEST_F(AsyncDispatcherTest, RunsAnEventAtOnce) {
  ASSERT_TRUE(accept("a"));
  ASSERT_EQ(runs().size(), 1U);
  EXPECT_EQ(runs()[0].request_id, "a");
  EXPECT_EQ(runs()[0].at, clock_.wall().ms);
  advance(30 * kMinute, 10'000);
  EXPECT_EQ(runs().size(), 1U);
  EXPECT_EQ(value("kiln_async_functions_served"), 0);
  ASSERT_TRUE(accept("b"));
  EXPECT_EQ(runs().size(), 2U);
  EXPECT_EQ(node_->observer.receptions, 2);
}

TEST_F(AsyncDispatcherTest, FunctionErrorsAreRetriedAfterOneAndTwoMinutes) {
  node_->invoker.act = function_error;
  const std::int64_t start = clock_.wall().ms;
  ASSERT_TRUE(accept("a"));
  advance(10 * kMinute, 1'000);
  ASSERT_EQ(runs().size(), 3U);
  EXPECT_EQ(runs()[1].at - start, kMinute);
  EXPECT_EQ(runs()[2].at - start, 3 * kMinute);
  EXPECT_EQ(runs()[2].request_id, "a");
  EXPECT_EQ(node_->observer.drops, 1);
  EXPECT_EQ(node_->observer.oldest, 3 * kMinute);
}

TEST_F(AsyncDispatcherTest, ThrottlesBackOffAndEndWithTheEventsAge) {
  node_->invoker.act = throttle;
  const std::int64_t start = clock_.wall().ms;
  ASSERT_TRUE(accept("a"));
  advance(10 * kMinute, 250);
  ASSERT_GE(runs().size(), 9U);
  EXPECT_LE(runs()[1].at - runs()[0].at, 1'250);
  EXPECT_GE(runs()[2].at - runs()[1].at, 1'500);
  advance(6 * kHour, 20'000);
  for (std::size_t i = 1; i < runs().size(); ++i)
    EXPECT_LE(runs()[i].at - runs()[i - 1].at, 320'000);
  EXPECT_LT(runs().size(), 120U);
  EXPECT_GT(runs().back().at - start, 6 * kHour - 5 * kMinute);
  EXPECT_EQ(node_->observer.drops, 1);
}

TEST_F(AsyncDispatcherTest, AThrottledEventRunsOnceThereIsRoom) {
  node_->invoker.act = throttle;
  ASSERT_TRUE(accept("a"));
  node_->invoker.act = [](const auto&) { return InvokeResult{.payload = "1"}; };
  advance(2'000);
  EXPECT_EQ(runs().size(), 2U);
  EXPECT_EQ(value("kiln_async_succeeded_total"), 1);
}

TEST_F(AsyncDispatcherTest, AFunctionSwitchedOffRunsNothingAndDropsAtOnce) {
  functions_.concurrency.reserved = 0;
  ASSERT_TRUE(accept("a"));
  EXPECT_EQ(runs().size(), 0U);
  EXPECT_EQ(node_->observer.drops, 1);
}

TEST_F(AsyncDispatcherTest, SuccessAndFailureLeaveTheInvocationRecord) {
  node_->settings.settings = {.max_retries = 0,
                              .on_success = "arn:aws:sqs:us-east-1:123456789012:good",
                              .on_failure = "arn:aws:lambda:us-east-1:123456789012:function:bad"};
  functions_.dead_letters = "arn:aws:sns:us-east-1:123456789012:dead";
  ASSERT_TRUE(accept("a"));
  auto events = sent();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].target_arn, "arn:aws:sqs:us-east-1:123456789012:good");
  EXPECT_EQ(events[0].role_arn, "arn:aws:iam::123456789012:role/r");
  EXPECT_EQ(events[0].payload,
            R"({"version":"1.0","timestamp":"2026-01-01T00:00:00.000Z","requestContext":)"
            R"({"requestId":"a","functionArn":)"
            R"("arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST",)"
            R"("condition":"Success","approximateInvokeCount":1},"requestPayload":{},)"
            R"("responseContext":{"statusCode":200,"executedVersion":"$LATEST"},)"
            R"("responsePayload":1})");
  node_->invoker.act = function_error;
  ASSERT_TRUE(accept("b"));
  events = sent();
  ASSERT_EQ(events.size(), 3U);
  for (const auto& event : events) {
    if (event.target_arn.ends_with(":dead")) {
      EXPECT_EQ(event.payload, "{}");
      EXPECT_EQ(event.attributes.at("ErrorCode").value, "200");
      EXPECT_EQ(event.attributes.at("ErrorMessage").value, "boom");
      EXPECT_EQ(event.attributes.at("RequestID").value, "b");
    } else if (event.target_arn.ends_with(":bad")) {
      EXPECT_NE(event.payload.find(R"("condition":"RetriesExhausted")"), std::string::npos);
      EXPECT_NE(event.payload.find(R"("functionError":"Unhandled")"), std::string::npos);
    }
  }
}

TEST_F(AsyncDispatcherTest, EventsOfADeletedFunctionAreDropped) {
  functions_.gone = true;
  ASSERT_TRUE(accept("a"));
  EXPECT_EQ(node_->observer.drops, 1);
}

TEST_F(AsyncDispatcherTest, ReservedConcurrencyBoundsWhatRunsAtOnce) {
  functions_.concurrency.reserved = 3;
  node_->invoker.ms = 1'000;
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(accept("e" + std::to_string(i)));
  advance(5'000);
  // The reservation is known once the first events have been resolved.
  node_->invoker.most = 0;
  advance(30'000);
  EXPECT_EQ(node_->invoker.most, 3);
  EXPECT_EQ(runs().size(), 30U);
}

TEST_F(AsyncDispatcherTest, ABacklogOfOneFunctionStopsNoOther) {
  node_->invoker.ms = 600'000;
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(accept("e" + std::to_string(i), "slow"));
  node_->invoker.ms = 0;
  ASSERT_TRUE(accept("f", "quick"));
  EXPECT_EQ(runs().back().function, "quick");
  EXPECT_EQ(value("kiln_async_succeeded_total"), 1);
}

TEST_F(AsyncDispatcherTest, EventsAreFoundAfterARestart) {
  node_->invoker.act = function_error;
  ASSERT_TRUE(accept("a"));
  restart();
  advance(2 * kMinute, 1'000);
  ASSERT_EQ(runs().size(), 1U);
  EXPECT_EQ(runs()[0].request_id, "a");
}

TEST_F(AsyncDispatcherTest, ALongRunKeepsItsLease) {
  node_->invoker.ms = 10 * kMinute;
  ASSERT_TRUE(accept("a"));
  advance(11 * kMinute, 500);
  EXPECT_EQ(runs().size(), 1U);
  EXPECT_EQ(value("kiln_async_succeeded_total"), 1);
}

TEST_F(AsyncDispatcherTest, ALeaseThatEndedUnderARunningEventIsTakenUpAgain) {
  node_->invoker.ms = 10 * kMinute;
  ASSERT_TRUE(accept("a"));
  clock_.advance_ms(kMinute);  // in one step: nobody renewed in between
  settle();
  advance(10 * kMinute, 1'000);
  EXPECT_EQ(runs().size(), 1U);
  EXPECT_EQ(value("kiln_async_succeeded_total"), 1);
}

TEST_F(AsyncDispatcherTest, StoppingGivesBackWhatDidNotSucceed) {
  node_->invoker.ms = 5'000;
  node_->invoker.act = function_error;  // as the invoker's stop ends what runs
  ASSERT_TRUE(accept("a"));
  restart();
  advance(1'000);
  ASSERT_EQ(runs().size(), 1U);
  EXPECT_EQ(value("kiln_async_succeeded_total"), 1);
}

}  // namespace
}  // namespace kiln::invoke
