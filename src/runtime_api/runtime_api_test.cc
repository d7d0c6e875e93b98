// SPDX-License-Identifier: Apache-2.0
#include "runtime_api/test_support.h"

#include <optional>
#include <vector>

namespace kiln::runtime_api {
namespace {

struct Outcomes {
  std::optional<Result<InitOutcome>> init;
  std::vector<Result<InvokeOutcome>> invokes;
};

Task<void> serve(Loop& loop, RuntimeApi& api, Outcomes& outcomes, std::vector<std::string> ids) {
  auto starting = api.wait_initialized(soon(loop), {});
  outcomes.init = co_await starting;
  for (auto& id : ids) {
    auto running = api.invoke(invocation(std::move(id)), soon(loop), {});
    outcomes.invokes.push_back(co_await running);
  }
  co_await resume_on(loop);
  // The runtime's last requests are answered before the server goes.
  co_await sleep_ms(loop.clock(), 50, {});
  auto stopping = api.stop();
  co_await stopping;
}

TEST_F(RuntimeApiTest, HandsOverAnInvocationAndTakesItsResponse) {
  Outcomes outcomes;
  Answer first, response, second;
  run(
      [&](RawRuntime& runtime) {
        first = runtime.next();
        response = runtime.post("invocation/id-1/response", R"({"b":2})",
                                "Content-Type: application/json\r\n");
        second = runtime.next();
        runtime.post("invocation/id-2/response", "");
      },
      serve(loop, *api, outcomes, {"id-1", "id-2"}));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, R"({"a":1})");
  for (const char* field :
       {"Lambda-Runtime-Aws-Request-Id: id-1", "Lambda-Runtime-Deadline-Ms: 1767225600000",
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:f",
        "Lambda-Runtime-Trace-Id: Root=1-a", "Lambda-Runtime-Client-Context: {\"client\":{}}",
        "Lambda-Runtime-Aws-Tenant-Id: blue", "Content-Type: application/json"}) {
    EXPECT_NE(first.head.find(field), std::string::npos) << field << "\n" << first.head;
  }
  EXPECT_EQ(first.head.find("Cognito"), std::string::npos);
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, kOk);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ((*outcomes.init)->kind, InitOutcome::Kind::kReady);
  EXPECT_EQ(outcomes.invokes[0]->body, R"({"b":2})");
  EXPECT_EQ(outcomes.invokes[0]->content_type, "application/json");
  EXPECT_EQ(outcomes.invokes[1]->body, "");
}

TEST_F(RuntimeApiTest, TellsWhatTheRuntimeHasLoadedWhenItIsInitialised) {
  Outcomes outcomes;
  run(
      [&](RawRuntime& runtime) {
        const std::string next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n";
        runtime.call(next + "Kiln-Loaded: @aws-sdk/client-s3\r\n\r\n");
        runtime.post("invocation/id-1/response", "");
        runtime.call(next + "Kiln-Loaded: later\r\n\r\n");
        runtime.post("invocation/id-2/response", "");
      },
      serve(loop, *api, outcomes, {"id-1", "id-2"}));
  EXPECT_EQ((*outcomes.init)->kind, InitOutcome::Kind::kReady);
  EXPECT_EQ((*outcomes.init)->body, "@aws-sdk/client-s3");
}

TEST_F(RuntimeApiTest, RefusesWrongIdsAndSecondResponses) {
  Outcomes outcomes;
  Answer wrong, right, again, error_again;
  run(
      [&](RawRuntime& runtime) {
        runtime.next();
        wrong = runtime.post("invocation/other/response", "1");
        right = runtime.post("invocation/id-1/error", "{}",
                             "Lambda-Runtime-Function-Error-Type: My.Error\r\n");
        again = runtime.post("invocation/id-1/response", "1");
        error_again = runtime.post("init/error", "{}");
      },
      serve(loop, *api, outcomes, {"id-1"}));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.body, R"({"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"})");
  EXPECT_EQ(right.status, 202);
  EXPECT_EQ(again.status, 403);
  EXPECT_NE(again.body.find(R"("errorType":"InvalidStateTransition")"), std::string::npos);
  EXPECT_EQ(error_again.status, 403);
  EXPECT_EQ(outcomes.invokes[0]->kind, InvokeOutcome::Kind::kError);
  EXPECT_EQ(outcomes.invokes[0]->error_type, "My.Error");
}

TEST_F(RuntimeApiTest, AnswersTooLargeResponsesWith413AndGoesOn) {
  Outcomes outcomes;
  Answer large, largest;
  run(
      [&](RawRuntime& runtime) {
        runtime.next();
        large = runtime.post("invocation/id-1/response", std::string(kMaxResponseBytes + 1, 'x'));
        runtime.next();
        largest = runtime.post("invocation/id-2/response", std::string(kMaxResponseBytes, 'x'));
      },
      serve(loop, *api, outcomes, {"id-1", "id-2"}));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(large.body,
            R"({"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).",)"
            R"("errorType":"RequestEntityTooLarge"})");
  EXPECT_EQ(outcomes.invokes[0]->kind, InvokeOutcome::Kind::kResponseTooLarge);
  EXPECT_EQ(largest.status, 202);
  EXPECT_EQ(outcomes.invokes[1]->body.size(), kMaxResponseBytes);
}

TEST_F(RuntimeApiTest, TakesInitErrorsPingsAndRefusesUnknownPaths) {
  Outcomes outcomes;
  Answer ping, unknown, method, error;
  run(
      [&](RawRuntime& runtime) {
        ping = runtime.get("/2018-06-01/ping");
        unknown = runtime.get("/2018-06-01/runtime/nothing");
        method = runtime.get("/2018-06-01/runtime/init/error");
        EXPECT_EQ(runtime.get("/2018-06-01/runtime/restore/next").status, 404);
        error = runtime.post("init/error", R"({"errorMessage":"no"})",
                             "Lambda-Runtime-Function-Error-Type: Runtime.ImportModuleError\r\n");
      },
      serve(loop, *api, outcomes, {}));
  EXPECT_EQ(ping.status, 200);
  EXPECT_EQ(ping.body, "pong");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(error.status, 202);
  EXPECT_EQ((*outcomes.init)->kind, InitOutcome::Kind::kError);
  EXPECT_EQ((*outcomes.init)->error_type, "Runtime.ImportModuleError");
  EXPECT_EQ((*outcomes.init)->body, R"({"errorMessage":"no"})");
}

TEST_F(RuntimeApiTest, TakesChunkedStreamedResponsesAndPipelinedRequests) {
  Outcomes outcomes;
  Answer accepted, next;
  run(
      [&](RawRuntime& runtime) {
        runtime.next();
        runtime.send_bytes(
            "POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: x\r\n"
            "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n");
        accepted = runtime.receive();
        next = runtime.receive();
        runtime.post("invocation/id-2/response", "2");
      },
      serve(loop, *api, outcomes, {"id-1", "id-2"}));
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(next.status, 200);
  EXPECT_EQ(outcomes.invokes[0]->body, "abcde");
}

TEST_F(RuntimeApiTest, RefusesUnknownResponseModesAndFailsTheInvocation) {
  Outcomes outcomes;
  Answer refused;
  run(
      [&](RawRuntime& runtime) {
        runtime.next();
        refused = runtime.post("invocation/id-1/response", "1",
                               "Lambda-Runtime-Function-Response-Mode: Streaming\r\n");
      },
      serve(loop, *api, outcomes, {"id-1"}));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, R"({"errorMessage":"Invalid function response mode",)"
                          R"("errorType":"InvalidFunctionResponseMode"})");
  EXPECT_EQ(outcomes.invokes[0]->kind, InvokeOutcome::Kind::kError);
  EXPECT_EQ(outcomes.invokes[0]->error_type, "Runtime.InvalidResponseModeHeader");
}

struct Restored {
  std::optional<Result<InitOutcome>> init;
  std::optional<Result<InitOutcome>> outcome;
};

Task<void> serve_restore(Loop& loop, RuntimeApi& api, Restored& restored) {
  auto starting = api.wait_initialized(soon(loop), {});
  restored.init = co_await starting;
  auto restoring = api.restore(soon(loop), {});
  restored.outcome = co_await restoring;
  co_await sleep_ms(loop.clock(), 20, {});
  auto stopping = api.stop();
  co_await stopping;
}

TEST_F(RuntimeApiTest, RestoreNextEndsTheInitialisationAndNextTheRestore) {
  api->enable_restore();
  Restored restored;
  Answer first, second;
  run(
      [&](RawRuntime& runtime) {
        first = runtime.get("/2018-06-01/runtime/restore/next");
        second = runtime.get("/2018-06-01/runtime/restore/next");
        runtime.next();
      },
      serve_restore(loop, *api, restored));
  EXPECT_EQ((*restored.init)->kind, InitOutcome::Kind::kReady);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "");
  EXPECT_EQ(second.status, 403);
  EXPECT_EQ((*restored.outcome)->kind, InitOutcome::Kind::kReady);
}

TEST_F(RuntimeApiTest, RestoreErrorIsTheOutcomeOfTheRestore) {
  api->enable_restore();
  Restored restored;
  Answer error;
  run(
      [&](RawRuntime& runtime) {
        runtime.get("/2018-06-01/runtime/restore/next");
        error = runtime.post("restore/error", R"({"errorMessage":"no"})",
                             "Lambda-Runtime-Function-Error-Type: Runtime.AfterRestoreError\r\n");
      },
      serve_restore(loop, *api, restored));
  EXPECT_EQ(error.status, 202);
  EXPECT_EQ((*restored.outcome)->kind, InitOutcome::Kind::kError);
  EXPECT_EQ((*restored.outcome)->error_type, "Runtime.AfterRestoreError");
}

TEST_F(RuntimeApiTest, CredentialsAreForWhoHasTheToken) {
  Answer unserved, without, wrong, right;
  const std::string path = "/2021-04-23/credentials";
  run(
      [&](RawRuntime& runtime) {
        unserved = runtime.get(path);
        api->serve_credentials("secret", [] { return std::string(R"({"Token":"t"})"); });
        without = runtime.get(path);
        wrong = runtime.send_json("GET", path, "Authorization: Secret\r\n", "");
        right = runtime.send_json("GET", path, "Authorization: secret\r\n", "");
        runtime.next();
      },
      [](Loop& l, RuntimeApi& a) -> Task<void> {
        auto starting = a.wait_initialized(soon(l), {});
        [[maybe_unused]] const auto outcome = co_await starting;
        auto stopping = a.stop();
        co_await stopping;
      }(loop, *api));
  EXPECT_EQ(unserved.status, 404);
  EXPECT_EQ(without.status, 401);
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(right.status, 200);
  EXPECT_EQ(right.body, R"({"Token":"t"})");
}

TEST_F(RuntimeApiTest, AbortEndsWhoeverWaits) {
  std::optional<Result<InitOutcome>> init;
  std::optional<Result<InvokeOutcome>> outcome;
  run([&](RawRuntime& runtime) { runtime.next(); },
      [](Loop& l, RuntimeApi& a, std::optional<Result<InitOutcome>>& i,
         std::optional<Result<InvokeOutcome>>& o) -> Task<void> {
        auto starting = a.wait_initialized(soon(l), {});
        i = co_await starting;
        l.post([&a] { a.abort(); });
        auto running = a.invoke(invocation("id-1"), soon(l), {});
        o = co_await running;
        auto late = a.invoke(invocation("id-2"), soon(l), {});
        EXPECT_EQ((co_await late)->kind, InvokeOutcome::Kind::kClosed);
        auto stopping = a.stop();
        co_await stopping;
      }(loop, *api, init, outcome));
  EXPECT_EQ((*outcome)->kind, InvokeOutcome::Kind::kClosed);
}

TEST_F(RuntimeApiTest, InvokeEndsAtItsDeadline) {
  std::optional<Result<InvokeOutcome>> outcome;
  run([&](RawRuntime& runtime) { runtime.next(); },
      [](Loop& l, RuntimeApi& a, std::optional<Result<InvokeOutcome>>& o) -> Task<void> {
        auto starting = a.wait_initialized(soon(l), {});
        co_await starting;
        auto running = a.invoke(invocation("id-1"), l.clock().monotonic(), {});
        o = co_await running;
        auto stopping = a.stop();
        co_await stopping;
      }(loop, *api, outcome));
  EXPECT_EQ(outcome->error().code, ErrorCode::kTimeout);
}

}  // namespace
}  // namespace kiln::runtime_api
