// SPDX-License-Identifier: Apache-2.0
#include "sources/poller.h"

#include "async/loop.h"
#include "invoke/lineage.h"
#include "sources/batch_response.h"
#include "sources/fakes_for_test.h"

#include <gtest/gtest.h>

#include <optional>

namespace kiln::sources {
namespace {

using Strings = std::vector<std::string>;

struct PollerTest : testing::Test {
  PollerTest() {
    invoker.clock = &clock;
    mapping.uuid = "u";
    mapping.source_arn = "arn:aws:sqs:us-east-1:123456789012:q";
    mapping.function_arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
  }
  ~PollerTest() override { stop(); }
  void start() {
    poller.emplace(mapping, source, PollerPorts{clock, random, metrics, functions, invoker});
    poller->start();
  }
  void stop() {
    if (!poller || stopped) return;
    stopped = true;
    loop.run_until_complete(poller->stop());
  }

  Loop loop;
  FakeClock clock;
  SeededRandom random{1};
  Metrics metrics;
  FakeSource source{clock};
  FakeInvoker invoker;
  FakeFunctions functions;
  Mapping mapping;
  std::optional<Poller> poller;
  bool stopped = false;
};

TEST_F(PollerTest, what_the_function_handled_is_removed) {
  start();
  source.put("1");
  EXPECT_EQ(invoker.payloads, Strings{R"({"Records":[{"messageId":"1","body":"x"}]})"});
  EXPECT_EQ(source.removed, Strings{"h-1"});
  EXPECT_EQ(poller->last_result(), "OK");
  EXPECT_TRUE(source.roles.contains("arn:aws:iam::123456789012:role/r"));
}

TEST_F(PollerTest, what_the_function_failed_on_stays_leased) {
  invoker.answer = [](const invoke::InvokeRequest&) {
    return invoke::InvokeResult{.payload = "{}", .function_error = "Unhandled"};
  };
  start();
  source.put("1");
  EXPECT_TRUE(source.removed.empty());
  EXPECT_TRUE(source.released.empty());
  EXPECT_EQ(source.leased.size(), 1u);
  EXPECT_EQ(poller->last_result(), "PROBLEM: Function call failed");
}

TEST_F(PollerTest, only_messages_that_were_not_reported_are_removed) {
  mapping.report_failures = true;
  invoker.answer = [](const invoke::InvokeRequest&) {
    return invoke::InvokeResult{.payload = R"({"batchItemFailures":[{"itemIdentifier":"2"}]})"};
  };
  for (const char* id : {"1", "2", "3"}) source.put(id);
  start();
  EXPECT_EQ(source.removed, (Strings{"h-1", "h-3"}));
  EXPECT_TRUE(source.leased.contains("h-2"));
}

TEST_F(PollerTest, without_the_setting_the_answer_is_not_looked_at) {
  invoker.answer = [](const invoke::InvokeRequest&) {
    return invoke::InvokeResult{.payload = R"({"batchItemFailures":[{"itemIdentifier":"1"}]})"};
  };
  source.put("1");
  start();
  EXPECT_EQ(source.removed, Strings{"h-1"});
}

TEST_F(PollerTest, what_no_filter_passes_is_removed_and_never_invoked) {
  mapping.filters = {R"({"body":{"kind":["order"]}})", R"({"body":["plain"]})"};
  start();
  int id = 0;
  for (const char* body : {R"({\"kind\":\"order\"})", R"({\"kind\":\"other\"})", "plain", "text"}) {
    const std::string name = std::to_string(++id);
    source.put_record(name, R"({"messageId":")" + name + R"(","body":")" + body + "\"}");
  }
  EXPECT_EQ(invoker.payloads.size(), 2u);
  EXPECT_EQ(source.removed, (Strings{"h-1", "h-2", "h-3", "h-4"}));
}

TEST_F(PollerTest, messages_of_a_loop_stop_nobody_else) {
  std::string once = "Root=1";
  std::string often = once;
  once = invoke::with_hop(once, functions.function->arn());
  for (int i = 0; i < invoke::kMaxHops; ++i) {
    often = invoke::with_hop(often, functions.function->arn());
  }
  std::vector<std::string> headers;
  invoker.answer = [&headers](const invoke::InvokeRequest& request) -> FakeInvoker::Answer {
    headers.push_back(request.trace_header);
    return invoke::InvokeResult{.payload = "null"};
  };
  source.put_record("1", R"("1")");
  source.put_record("2", R"("2")", often);
  source.put_record("3", R"("3")", once);
  start();
  EXPECT_EQ(invoker.payloads, (Strings{R"({"Records":["2"]})", R"({"Records":["1","3"]})"}));
  EXPECT_EQ(headers, (Strings{often, once}));
}

TEST_F(PollerTest, a_window_fills_the_batch) {
  mapping.batch_size = 3;
  mapping.window_s = 5;
  start();
  source.put("1");
  clock.advance_ms(4'900);
  source.put("2");
  EXPECT_TRUE(invoker.payloads.empty());
  clock.advance_ms(200);
  ASSERT_EQ(invoker.payloads.size(), 1u);
  EXPECT_EQ(source.removed, (Strings{"h-1", "h-2"}));
  for (const char* id : {"3", "4", "5"}) source.put(id);
  EXPECT_EQ(invoker.payloads.size(), 2u) << "a full batch waits for nothing";
}

TEST_F(PollerTest, five_batches_run_at_once_to_begin_with_then_more) {
  mapping.batch_size = 1;
  invoker.hold = true;
  for (int i = 0; i < 50; ++i) source.put(std::to_string(i));
  start();
  EXPECT_EQ(invoker.running, 5);
  clock.advance_ms(1'000);
  EXPECT_GT(invoker.running, 5);
  EXPECT_LE(invoker.running, 10);
  clock.advance_ms(60'000);
  EXPECT_EQ(invoker.running, 50);
  invoker.hold = false;
  invoker.let_go();
  EXPECT_EQ(source.removed.size(), 50u);
}

TEST_F(PollerTest, maximum_concurrency_is_never_passed) {
  mapping.batch_size = 1;
  mapping.maximum_concurrency = 2;
  invoker.hold = true;
  for (int i = 0; i < 9; ++i) source.put(std::to_string(i));
  start();
  clock.advance_ms(600'000);
  EXPECT_EQ(invoker.running, 2);
  invoker.let_go();
  EXPECT_EQ(invoker.running, 2);
  EXPECT_EQ(source.removed.size(), 2u);
  invoker.hold = false;
  invoker.let_go();
}

TEST_F(PollerTest, a_throttled_batch_is_tried_again_while_its_leases_last) {
  int calls = 0;
  invoker.answer = [&calls](const invoke::InvokeRequest&) -> FakeInvoker::Answer {
    if (++calls < 4) return aws::fail({"TooManyRequestsException", 429, "Rate Exceeded."});
    return invoke::InvokeResult{.payload = "null"};
  };
  source.put("1");
  start();
  EXPECT_TRUE(source.removed.empty());
  clock.advance_ms(10'000);
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(source.removed, Strings{"h-1"});
}

TEST_F(PollerTest, a_batch_that_stays_throttled_is_left_to_its_leases) {
  invoker.answer = [](const invoke::InvokeRequest&) -> FakeInvoker::Answer {
    return aws::fail({"TooManyRequestsException", 429, "Rate Exceeded."});
  };
  source.put("1");
  start();
  clock.advance_ms(120'000);
  EXPECT_TRUE(source.removed.empty());
  EXPECT_LT(invoker.payloads.size(), 10u);
}

TEST_F(PollerTest, a_batch_ends_before_its_payload_is_too_large) {
  mapping.batch_size = 10;
  for (const char* id : {"1", "2", "3"}) {
    source.put(id);
    source.visible.back().record = '"' + std::string(3 * 1024 * 1024, 'x') + '"';
  }
  start();
  ASSERT_EQ(invoker.payloads.size(), 3u);
  for (const std::string& payload : invoker.payloads) EXPECT_LE(payload.size(), kMaxPayloadBytes);
  EXPECT_EQ(source.removed.size(), 3u);
}

TEST_F(PollerTest, a_stopped_poller_gives_back_what_it_did_not_invoke) {
  mapping.batch_size = 3;
  mapping.window_s = 300;
  start();
  source.put("1");
  stop();
  EXPECT_TRUE(invoker.payloads.empty());
  EXPECT_EQ(source.released, Strings{"h-1"});
}

TEST_F(PollerTest, a_function_that_is_gone_is_a_problem_and_no_loss) {
  const auto function = std::exchange(functions.function, nullptr);
  source.put("1");
  start();
  EXPECT_EQ(poller->last_result(), "PROBLEM: Function not found");
  EXPECT_TRUE(source.leased.empty());
  functions.function = function;
  clock.advance_ms(1'000);
  EXPECT_EQ(source.removed, Strings{"h-1"});
}

TEST(BatchResponse, follows_the_documented_rules) {
  const std::set<std::string> ids = {"a", "b"};
  const std::set<std::string> none;
  for (const char* good : {"", "null", "{}", R"({"batchItemFailures":null})",
                           R"({"batchItemFailures":[]})", "\"text\""}) {
    EXPECT_EQ(failed_messages(good, ids), none) << good;
  }
  EXPECT_EQ(failed_messages(R"({"batchItemFailures":[{"itemIdentifier":"b"}]})", ids),
            std::set<std::string>{"b"});
  for (const char* bad :
       {"{", R"({"batchItemFailures":[{"itemIdentifier":""}]})",
        R"({"batchItemFailures":[{"itemIdentifier":null}]})",
        R"({"batchItemFailures":[{"itemId":"a"}]})",
        R"({"batchItemFailures":[{"itemIdentifier":"z"}]})", R"({"batchItemFailures":{}})"}) {
    EXPECT_FALSE(failed_messages(bad, ids)) << bad;
  }
}

TEST(PollerScale, gives_gained_places_back_when_they_are_idle) {
  Mapping mapping;
  Monotonic now{1};
  PollerScale scale(mapping, now);
  for (int i = 0; i < 20; ++i) {
    now = now.plus_ms(1'000);
    scale.admits(1'000, now);
  }
  const int grown = scale.limit();
  EXPECT_GT(grown, 50);
  for (int i = 0; i < 20; ++i) {
    scale.idle(0, now);
    now = now.plus_ms(60'000);
  }
  EXPECT_EQ(scale.limit(), 5);
}

TEST(PollerScale, provisioned_pollers_begin_and_end_with_ten_each) {
  Mapping mapping;
  mapping.pollers = {.minimum = 3, .maximum = 4};
  Monotonic now{1};
  PollerScale scale(mapping, now);
  EXPECT_EQ(scale.limit(), 30);
  for (int i = 0; i < 100; ++i) scale.admits(1'000, now = now.plus_ms(1'000));
  EXPECT_EQ(scale.limit(), 40);
}

}  // namespace
}  // namespace kiln::sources
