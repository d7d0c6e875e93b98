// SPDX-License-Identifier: Apache-2.0
#include "runtime_api/telemetry.h"

#include "runtime_api/test_support.h"

#include <gmock/gmock.h>

#include <future>
#include <mutex>
#include <vector>

namespace kiln::runtime_api {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The subscriber's side of a delivery: what arrives on one connection after the other. HTTP
// requests are answered with `status`.
class Collector {
 public:
  explicit Collector(std::string status = "200 OK") : status_(std::move(status)) {}
  ConnectInside connect() {
    return [this](int port) { return open(port); };
  }
  void join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  std::vector<std::string> received() {
    const std::lock_guard lock(mutex_);
    return received_;
  }
  int refuse = 0;  // so many connections

 private:
  Task<Result<Fd>> open(int) {
    if (refuse-- > 0) co_return fail(ErrorCode::kIo, "nobody listens");
    int ends[2];
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    threads_.emplace_back([this, fd = Fd(ends[1])] { collect(fd.get()); });
    co_return Fd(ends[0]);
  }
  void collect(int fd) {
    std::string text;
    char bytes[65536];
    bool answered = false;
    for (ssize_t size; (size = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
      text.append(bytes, static_cast<std::size_t>(size));
      const auto head_end = text.find("\r\n\r\n");
      if (answered || !text.starts_with("P") || head_end == std::string::npos) continue;
      const auto at = text.find("Content-Length: ");
      if (text.size() < head_end + 4 + std::stoul(text.substr(at + 16))) continue;
      const std::string answer = "HTTP/1.1 " + status_ + "\r\nContent-Length: 0\r\n\r\n";
      answered = true;
      send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
    const std::lock_guard lock(mutex_);
    received_.push_back(std::move(text));
  }
  const std::string status_;
  std::mutex mutex_;
  std::vector<std::string> received_;
  std::vector<std::thread> threads_;
};

Subscription subscription() {
  Subscription result;
  result.subscriber = "a";
  result.streams = kPlatform | kFunction;
  result.port = 8080;
  result.path = "/events";
  result.timeout_ms = 25;
  return result;
}

class TelemetryTest : public ::testing::Test {
 protected:
  ~TelemetryTest() override {
    telemetry.stop();
    wait_ms(20);
    collector.join();
  }
  void wait_ms(std::int64_t ms) {
    loop.run_until_complete([](Loop& loop, std::int64_t ms) -> Task<void> {
      auto napping = sleep_ms(loop.clock(), ms, {});
      co_await napping;
    }(loop, ms));
  }
  // Runs the loop until so many deliveries have arrived.
  std::vector<std::string> wait_received(std::size_t count) {
    for (int i = 0; i < 400 && collector.received().size() < count; ++i) wait_ms(5);
    return collector.received();
  }
  Loop loop;
  Collector collector;
  Telemetry telemetry{loop};
};

TEST_F(TelemetryTest, DeliversABatchAsAJsonArray) {
  telemetry.set_connect(collector.connect());
  ASSERT_TRUE(telemetry.subscribe(subscription()).has_value());
  telemetry.publish(kPlatform, "platform.start", R"({"n":1})");
  telemetry.publish(kExtension, "extension", R"({"n":2})");
  telemetry.publish(kFunction, "function", R"({"n":3})");
  telemetry.publish(kPlatform, "platform.end", R"({"n":4})");
  const auto received = wait_received(1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_THAT(received[0], StartsWith("POST /events HTTP/1.1\r\nHost: sandbox.localdomain:8080\r\n"
                                      "Content-Type: application/json\r\n"));
  EXPECT_TRUE(received[0].ends_with("\r\n\r\n[{\"n\":1},{\"n\":3}]")) << received[0];
}

TEST_F(TelemetryTest, WhatCameBeforeTheSubscriptionIsDelivered) {
  EXPECT_FALSE(telemetry.active());
  telemetry.publish(kPlatform, "platform.start", R"({"lost":1})");
  telemetry.record_backlog();
  telemetry.seed("platform.initStart", "{\"n\":1}\n");
  telemetry.publish(kFunction, "function", R"({"n":2})");
  telemetry.set_connect(collector.connect());
  ASSERT_TRUE(telemetry.subscribe(subscription()).has_value());
  telemetry.close_subscriptions();
  const auto received = wait_received(1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_TRUE(received[0].ends_with("\r\n\r\n[{\"n\":1},{\"n\":2}]")) << received[0];
  EXPECT_FALSE(telemetry.subscribe(subscription()).has_value());
}

TEST_F(TelemetryTest, NobodySubscribedCostsNothingLater) {
  telemetry.record_backlog();
  telemetry.close_subscriptions();
  EXPECT_FALSE(telemetry.active());
}

TEST_F(TelemetryTest, TcpGetsLines) {
  telemetry.set_connect(collector.connect());
  Subscription tcp = subscription();
  tcp.tcp = true;
  ASSERT_TRUE(telemetry.subscribe(std::move(tcp)).has_value());
  telemetry.publish(kPlatform, "platform.start", R"({"n":1})");
  wait_ms(60);
  telemetry.publish(kPlatform, "platform.report", R"({"n":2})");
  wait_ms(60);
  telemetry.stop();
  const auto received = wait_received(1);
  ASSERT_EQ(received.size(), 1u);  // one connection
  EXPECT_EQ(received[0], "{\"n\":1}\n{\"n\":2}\n");
}

TEST_F(TelemetryTest, ABatchThatHasItsNumberDoesNotWaitForItsTime) {
  telemetry.set_connect(collector.connect());
  Subscription patient = subscription();
  patient.timeout_ms = 30'000;
  patient.max_items = 3;
  ASSERT_TRUE(telemetry.subscribe(std::move(patient)).has_value());
  for (int i = 0; i < 5; ++i) {
    telemetry.publish(kFunction, "function", "{\"n\":" + std::to_string(i) + "}");
  }
  ASSERT_EQ(wait_received(1).size(), 1u);
  EXPECT_TRUE(collector.received()[0].ends_with(R"([{"n":0},{"n":1},{"n":2}])"));
  wait_ms(60);
  EXPECT_EQ(collector.received().size(), 1u);
  telemetry.flush();
  ASSERT_EQ(wait_received(2).size(), 2u);
  EXPECT_TRUE(collector.received()[1].ends_with(R"([{"n":3},{"n":4}])"));
}

TEST_F(TelemetryTest, ABatchIsNoLargerThanItsBytes) {
  telemetry.set_connect(collector.connect());
  Subscription small = subscription();
  small.timeout_ms = 30'000;
  small.max_bytes = 20;
  ASSERT_TRUE(telemetry.subscribe(std::move(small)).has_value());
  for (int i = 0; i < 3; ++i) {
    telemetry.publish(kFunction, "function", "{\"n\":" + std::to_string(i) + "}");
  }
  ASSERT_EQ(wait_received(1).size(), 1u);
  EXPECT_TRUE(collector.received()[0].ends_with(R"([{"n":0},{"n":1}])"));
}

TEST_F(TelemetryTest, RepeatsUntilSomebodyListens) {
  collector.refuse = 2;
  telemetry.set_connect(collector.connect());
  ASSERT_TRUE(telemetry.subscribe(subscription()).has_value());
  telemetry.publish(kPlatform, "platform.start", R"({"n":1})");
  EXPECT_EQ(wait_received(1).size(), 1u);
}

TEST_F(TelemetryTest, DropsWhatDoesNotFitAndSaysHowMuch) {
  collector.refuse = 1;
  telemetry.set_connect(collector.connect());
  ASSERT_TRUE(telemetry.subscribe(subscription()).has_value());
  const std::string event = "{\"x\":\"" + std::string(100'000, 'x') + "\"}";
  for (int i = 0; i < 20; ++i) telemetry.publish(kFunction, "function", event);
  std::string all;
  for (int i = 0; i < 400 && all.find("logsDropped") == std::string::npos; ++i) {
    wait_ms(5);
    all.clear();
    for (const auto& each : collector.received()) all += each;
  }
  EXPECT_THAT(all, HasSubstr(R"("type":"platform.logsDropped")"));
  EXPECT_THAT(all, HasSubstr(R"("droppedRecords":15,"droppedBytes":1500120)"));
}

class SubscribeTest : public RuntimeApiTest {
 protected:
  ~SubscribeTest() override { loop.run_until_complete(api->stop()); }
  // The answer to one PUT of an extension that has just registered.
  Answer put(const std::string& path, const std::string& body) {
    Answer answer;
    OneShot<bool> done;
    run(
        [&](RawRuntime& raw) {
          const Answer registered =
              raw.send_json("POST", "/2020-01-01/extension/register",
                            "Lambda-Extension-Name: a" + std::to_string(++count) + "\r\n", "{}");
          const auto at = registered.head.find("Lambda-Extension-Identifier: ");
          answer = raw.send_json("PUT", path, registered.head.substr(at, 65) + "\r\n", body);
          loop.post([&done] { done.set(true); });
        },
        [](Loop& loop, OneShot<bool>& done) -> Task<void> {
          auto waiting = done.wait(loop.clock(), soon(loop), {});
          co_await waiting;
        }(loop, done));
    return answer;
  }
  int count = 0;
};

TEST_F(SubscribeTest, TakesAnHttpDestination) {
  const Answer answer = put("/2022-07-01/telemetry",
                            R"({"schemaVersion":"2022-07-01","types":["platform"],"destination":)"
                            R"({"protocol":"HTTP","URI":"http://sandbox.localdomain:8080/x"}})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "\"OK\"");
  EXPECT_TRUE(api->telemetry().active());
}

TEST_F(SubscribeTest, TakesATcpPortThroughTheLogsApi) {
  EXPECT_EQ(put("/2020-08-15/logs",
                R"({"types":["function"],"destination":{"protocol":"TCP","port":8081}})")
                .status,
            200);
}

TEST_F(SubscribeTest, NamesEverythingThatIsWrong) {
  const Answer answer =
      put("/2022-07-01/telemetry", R"({"schemaVersion":"2022-07-01","types":[],"buffering":)"
                                   R"({"maxItems":10,"maxBytes":1,"timeoutMs":1},"destination":)"
                                   R"({"protocol":"HTTP","URI":"http://sandbox.localdomain"}})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(
      answer.body,
      R"({"errorMessage":"URI port is not provided; types should not be empty; )"
      R"(buffering.maxItems should be between 1000 and 10000; )"
      R"(buffering.maxBytes should be between 262144 and 1048576; )"
      R"(buffering.timeoutMs should be between 25 and 30000","errorType":"ValidationError"})");
}

TEST_F(SubscribeTest, DestinationsLieInTheEnvironment) {
  for (const char* uri : {"http://example.com:80/", "https://sandbox:1/", "http://sandbox:9001/",
                          "http://sandbox:0/", "http://sandbox:99999/"}) {
    const Answer answer = put(
        "/2022-07-01/telemetry",
        R"({"schemaVersion":"2022-07-01","types":["platform"],"destination":{"protocol":"HTTP",)"
        R"("URI":")" +
            std::string(uri) + "\"}}");
    EXPECT_EQ(answer.status, 400) << uri;
    EXPECT_THAT(answer.body, HasSubstr("URI ")) << uri;
  }
}

TEST_F(SubscribeTest, IsOverAfterTheInitialisation) {
  api->telemetry().close_subscriptions();
  const Answer answer = put("/2022-07-01/telemetry", "{}");
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(answer.body, HasSubstr(R"("errorType":"Telemetry.SubscriptionClosed")"));
}

}  // namespace
}  // namespace kiln::runtime_api
