// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"
#include "invoke/api/operations.h"
#include "invoke/fakes_for_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kiln::invoke {
namespace {

using gen::lambda::Invoke;
using ::testing::StartsWith;

// Remembers what it was asked, and answers what it was told.
class FakeInvoker final : public Invoker {
 public:
  Task<aws::ApiResult<InvokeResult>> invoke(lambda::FunctionVersionPtr,
                                            InvokeRequest asked) override {
    request = std::move(asked);
    co_return result;
  }
  Task<void> stop() override { co_return; }
  InvokeRequest request;
  InvokeResult result{
      .payload = R"("ok")", .function_error = "", .executed_version = "$LATEST", .log_tail = "log"};
};

class FakeAcceptor final : public AsyncAcceptor {
 public:
  Task<Status> accept(AsyncEvent event) override {
    events.push_back(std::move(event));
    co_return outcome;
  }
  std::vector<AsyncEvent> events;
  Status outcome;
};

class InvokeOperation : public ::testing::Test {
 protected:
  InvokeOperation() {
    auto version = std::make_shared<lambda::FunctionVersion>();
    version->state = lambda::State::kActive;
    functions.function = version;
    input.function_name = "hello";
  }
  aws::ApiResult<Invoke::Output> run() {
    aws::ApiResult<Invoke::Output> output = aws::fail({});
    aws::RequestContext context;
    context.request_id = "id-1";
    context.account = "123456789012";
    context.region = "us-east-1";
    spawn(drive(kInvoke.handle(service, context, input), output));
    return output;
  }
  static Task<void> drive(Task<aws::ApiResult<Invoke::Output>> task,
                          aws::ApiResult<Invoke::Output>& output) {
    output = co_await std::move(task);
  }
  FakeInvoker invoker;
  FakeFunctions functions;
  FakeAcceptor events;
  Service service{invoker, functions, events};
  Invoke::Input input;
};

TEST_F(InvokeOperation, AnswersTheFunctionsPayload) {
  input.payload = R"({"name":"Ravi"})";
  const auto output = run();
  ASSERT_TRUE(output);
  EXPECT_EQ(output->status_code, 200);
  EXPECT_EQ(output->payload, R"("ok")");
  EXPECT_EQ(output->executed_version, "$LATEST");
  EXPECT_EQ(output->function_error, std::nullopt);
  EXPECT_EQ(output->log_result, std::nullopt);
  EXPECT_EQ(invoker.request.payload, R"({"name":"Ravi"})");
  EXPECT_EQ(invoker.request.request_id, "id-1");
  EXPECT_EQ(invoker.request.invoked_arn, "arn:aws:lambda:us-east-1:123456789012:function:hello");
}

TEST_F(InvokeOperation, TailIsBase64) {
  input.log_type = "Tail";
  EXPECT_EQ(run()->log_result, base64_encode("log"));
}

TEST_F(InvokeOperation, FunctionErrorsAreTwoHundred) {
  invoker.result.function_error = "Unhandled";
  const auto output = run();
  EXPECT_EQ(output->status_code, 200);
  EXPECT_EQ(output->function_error, "Unhandled");
}

TEST_F(InvokeOperation, DryRunChecksAndDoesNotRun) {
  input.invocation_type = "DryRun";
  const auto output = run();
  EXPECT_EQ(output->status_code, 204);
  EXPECT_EQ(output->payload, std::nullopt);
  EXPECT_EQ(invoker.request.request_id, "");
}

TEST_F(InvokeOperation, AnEventIsAcceptedAndNotRunHere) {
  input.invocation_type = "Event";
  input.payload = R"({"n":1})";
  input.qualifier = "live";
  const auto output = run();
  ASSERT_TRUE(output);
  EXPECT_EQ(output->status_code, 202);
  EXPECT_EQ(output->payload, std::nullopt);
  EXPECT_EQ(output->executed_version, std::nullopt);
  EXPECT_EQ(invoker.request.request_id, "");
  ASSERT_EQ(events.events.size(), 1U);
  EXPECT_EQ(events.events[0].request_id, "id-1");
  EXPECT_EQ(events.events[0].payload, R"({"n":1})");
  EXPECT_EQ(events.events[0].invoked_arn(),
            "arn:aws:lambda:us-east-1:123456789012:function:hello:live");
}

TEST_F(InvokeOperation, AnEventThatIsNotOnDiskIsNotAccepted) {
  input.invocation_type = "Event";
  events.outcome = fail(ErrorCode::kIo, "the disk is full");
  EXPECT_EQ(run().error().http_status, 500);
}

TEST_F(InvokeOperation, AnEventHasOneMegabyteAtMost) {
  input.invocation_type = "Event";
  input.payload = "\"" + std::string(1'048'574, 'x') + "\"";
  EXPECT_TRUE(run());
  input.payload = "\"" + std::string(1'048'575, 'x') + "\"";
  const auto refused = run();
  EXPECT_EQ(refused.error().http_status, 413);
  EXPECT_EQ(
      refused.error().message,
      "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)");
  input.payload = "{";
  EXPECT_EQ(run().error().code, "InvalidRequestContentException");
  EXPECT_EQ(events.events.size(), 1U);
}

TEST_F(InvokeOperation, RefusesWhatIsNotJson) {
  input.payload = "hello";
  const auto output = run();
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, "InvalidRequestContentException");
  EXPECT_THAT(output.error().message,
              StartsWith("Could not parse request body into json: Could not parse payload into "
                         "json: Unrecognized token 'hello': was expecting"));
}

TEST_F(InvokeOperation, RefusesMoreThanSixMegabytes) {
  input.payload = "\"" + std::string(6'291'455, 'x') + "\"";
  const auto output = run();
  EXPECT_EQ(output.error().http_status, 413);
  EXPECT_EQ(output.error().message,
            "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
  input.payload = "\"" + std::string(6'291'454, 'x') + "\"";
  EXPECT_TRUE(run());
}

TEST_F(InvokeOperation, ClientContextIsBase64OfAnObject) {
  input.client_context = base64_encode("{\"custom\":\n{\"a\":1}}");
  EXPECT_TRUE(run());
  EXPECT_EQ(invoker.request.client_context, R"({"custom":{"a":1}})");
  for (const std::string& bad :
       {std::string("not base64!"), base64_encode("[1]"), base64_encode("{")}) {
    input.client_context = bad;
    EXPECT_EQ(run().error().message, "Client context must be a valid Base64-encoded JSON object.");
  }
  input.client_context = base64_encode("{\"a\":\"" + std::string(3000, 'x') + "\"}");
  EXPECT_EQ(run().error().code, "InvalidRequestContentException");
}

TEST_F(InvokeOperation, APendingFunctionIsAConflict) {
  auto version = std::make_shared<lambda::FunctionVersion>();
  version->state = lambda::State::kPending;
  functions.function = version;
  EXPECT_EQ(run().error().code, "ResourceConflictException");
}

TEST_F(InvokeOperation, AsksIamForInvokeFunction) {
  aws::RequestContext context;
  context.account = "123456789012";
  context.region = "us-east-1";
  const aws::Authorization asked = kInvoke.authorize(context, input);
  EXPECT_EQ(asked.permissions.at(0).action, "lambda:InvokeFunction");
  EXPECT_EQ(asked.permissions.at(0).resource,
            "arn:aws:lambda:us-east-1:123456789012:function:hello");
}

}  // namespace
}  // namespace kiln::invoke
