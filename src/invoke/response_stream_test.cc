// SPDX-License-Identifier: Apache-2.0
#include "invoke/response_stream.h"

#include "async/fake_clock.h"
#include "invoke/url/response.h"
#include "invoke/url/stream.h"

#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

// An invocation that the test plays: it writes to the sink, and ends when told.
class PlayedInvoker final : public Invoker {
 public:
  Task<aws::ApiResult<InvokeResult>> invoke(lambda::FunctionVersionPtr,
                                            InvokeRequest asked) override {
    sink = std::move(asked.sink);
    co_await Suspend{*this};
    sink.reset();
    co_return result;
  }
  Task<void> stop() override { co_return; }
  void end() { std::exchange(waiting, nullptr).resume(); }
  void fail() {
    result->function_error = "Unhandled";
    end();
  }

  std::shared_ptr<runtime_api::ResponseSink> sink;
  aws::ApiResult<InvokeResult> result = InvokeResult{};

 private:
  struct Suspend {
    PlayedInvoker& self;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) const { self.waiting = h; }
    void await_resume() const noexcept {}
  };
  std::coroutine_handle<> waiting;
};

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& out) {
  out = co_await std::move(task);
}
// What a task has come to by now.
template <class T>
std::optional<T> now(Task<T> task) {
  std::optional<T> out;
  spawn(keep(std::move(task), out));
  return out;
}

class Streams : public ::testing::Test {
 protected:
  ResponseStreamPtr stream = nullptr;
  PlayedInvoker invoker;
  void open() { stream = ResponseStream::open(invoker, nullptr, {}); }
  // What read() gives until it would wait.
  std::string read_all_there() {
    std::string out;
    while (stream->has_pieces()) out += **now(stream->next());
    return out;
  }
};

TEST_F(Streams, GivesPiecesWhileTheFunctionRuns) {
  open();
  std::optional<aws::ApiResult<std::string>> type;
  spawn(keep(stream->begun(), type));
  EXPECT_FALSE(type);
  invoker.sink->begin("text/plain");
  ASSERT_TRUE(type);
  EXPECT_EQ(**type, "text/plain");
  std::optional<std::optional<std::string>> piece;
  spawn(keep(stream->next(), piece));
  EXPECT_FALSE(piece);
  EXPECT_EQ(now(invoker.sink->write("one")), true);
  EXPECT_EQ(*piece, "one");
  invoker.end();
  EXPECT_FALSE(*now(stream->next()));
  EXPECT_FALSE(stream->failed());
}

TEST_F(Streams, TheRuntimeWaitsForASlowReader) {
  open();
  invoker.sink->begin("");
  const std::string piece(64 * 1024, 'x');
  for (int i = 0; i < 3; ++i) EXPECT_EQ(now(invoker.sink->write(piece)), true);
  std::optional<bool> fourth;
  spawn(keep(invoker.sink->write(piece), fourth));
  EXPECT_FALSE(fourth);
  EXPECT_EQ((*now(stream->next()))->size(), piece.size());
  EXPECT_EQ(fourth, true);
  invoker.end();
}

TEST_F(Streams, AReaderThatLeavesStopsNobody) {
  open();
  invoker.sink->begin("");
  std::optional<bool> blocked;
  spawn(keep(invoker.sink->write(std::string(ResponseStream::kMaxQueued, 'x')), blocked));
  EXPECT_FALSE(blocked);
  {
    const ResponseReader reader(stream);
  }
  EXPECT_EQ(blocked, false);
  EXPECT_EQ(now(invoker.sink->write("more")), false);
  invoker.end();
}

// At the function's timeout the runtime may be waiting for the reader.
TEST_F(Streams, TheEndWakesTheWriter) {
  open();
  const auto sink = invoker.sink;
  sink->begin("");
  std::optional<bool> blocked;
  spawn(keep(sink->write(std::string(ResponseStream::kMaxQueued, 'x')), blocked));
  invoker.fail();
  EXPECT_EQ(blocked, false);
  EXPECT_EQ(read_all_there().size(), ResponseStream::kMaxQueued);
  EXPECT_TRUE(stream->failed());
}

TEST_F(Streams, WhatFollowsTheUncappedBytesHasABandwidth) {
  FakeClock clock;
  stream = ResponseStream::open(invoker, nullptr, {}, {&clock, 1'000'000});
  invoker.sink->begin("");
  EXPECT_TRUE(stream->streams());
  const std::string piece(64 * 1024, 'x');
  for (std::int64_t at = 0; at < StreamPace::kUncappedBytes; at += std::ssize(piece)) {
    EXPECT_EQ(now(invoker.sink->write(piece)), true);
    read_all_there();
  }
  std::optional<bool> capped;
  spawn(keep(invoker.sink->write(std::string(50'000, 'x')), capped));
  EXPECT_EQ(read_all_there().size(), 50'000u);
  EXPECT_FALSE(capped);
  clock.advance_ms(49);
  EXPECT_FALSE(capped);
  clock.advance_ms(1);
  EXPECT_EQ(capped, true);
  // Time in which nothing was written pays for what comes later.
  clock.advance_ms(100);
  EXPECT_EQ(now(invoker.sink->write(std::string(50'000, 'x'))), true);
  invoker.end();
}

TEST_F(Streams, TheEndDoesNotWaitForTheBandwidth) {
  FakeClock clock;
  stream = ResponseStream::open(invoker, nullptr, {}, {&clock, 1});
  const auto sink = invoker.sink;
  sink->begin("");
  std::optional<bool> capped;
  spawn(keep(sink->write(std::string(StreamPace::kUncappedBytes + 1'000, 'x')), capped));
  EXPECT_FALSE(capped);
  invoker.fail();
  EXPECT_EQ(capped, false);
}

TEST_F(Streams, AWholeResponseComesInPieces) {
  invoker.result->payload = std::string(150'000, 'x');
  open();
  invoker.end();
  EXPECT_EQ(**now(stream->begun()), "application/json");
  EXPECT_EQ((*now(stream->next()))->size(), ResponseStream::kPieceBytes);
  EXPECT_EQ(read_all_there().size(), 150'000 - ResponseStream::kPieceBytes);
  EXPECT_FALSE(*now(stream->next()));
}

TEST_F(Streams, RefusalsAreErrors) {
  invoker.result = aws::fail({"TooManyRequestsException", 429, "Rate Exceeded."});
  open();
  invoker.end();
  EXPECT_EQ(now(stream->begun())->error().http_status, 429);
}

class UrlStreams : public Streams {
 protected:
  using Answer = aws::ApiResult<std::optional<http::Response>>;
  std::optional<Answer> answer;
  void ask() {
    open();
    spawn(keep(stream_url_response(stream), answer));
  }
};

TEST_F(UrlStreams, ThePreludeMayComeInAnyPieces) {
  ask();
  invoker.sink->begin(std::string(kIntegrationResponse));
  for (const char c : std::string(R"({"statusCode":202})") + std::string(8, '\0')) {
    EXPECT_FALSE(answer);
    EXPECT_EQ(now(invoker.sink->write(std::string(1, c))), true);
  }
  EXPECT_EQ(now(invoker.sink->write("b")), true);
  ASSERT_TRUE(answer && *answer && **answer);
  auto& response = ***answer;
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(***now(response.producer()), "b");
  EXPECT_EQ(now(invoker.sink->write("ody")), true);
  EXPECT_EQ(***now(response.producer()), "ody");
  invoker.end();
  EXPECT_EQ(**now(response.producer()), std::optional<std::string>());
}

TEST_F(UrlStreams, AnEndlessPreludeIsRefused) {
  ask();
  invoker.sink->begin(std::string(kIntegrationResponse));
  for (int i = 0; i < 4 && !answer; ++i) now(invoker.sink->write(std::string(64 * 1024, ' ')));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(**answer);
  invoker.end();
}

TEST_F(UrlStreams, AFailureInTheMiddleIsAnErrorOfTheBody) {
  ask();
  invoker.sink->begin("text/plain");
  now(invoker.sink->write("part"));
  invoker.fail();
  auto& response = ***answer;
  EXPECT_EQ(***now(response.producer()), "part");
  EXPECT_FALSE(*now(response.producer()));
}

}  // namespace
}  // namespace kiln::invoke
