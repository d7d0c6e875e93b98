// SPDX-License-Identifier: Apache-2.0
#include "runtime_api/test_support.h"

#include <gmock/gmock.h>

#include <future>
#include <optional>
#include <vector>

namespace kiln::runtime_api {
namespace {

using ::testing::HasSubstr;

constexpr auto kRegister = "/2020-01-01/extension/register";
constexpr auto kNext = "/2020-01-01/extension/event/next";

std::string identifier(const Answer& answer) {
  constexpr std::string_view kField = "Lambda-Extension-Identifier: ";
  const auto at = answer.head.find(kField);
  return at == std::string::npos ? "" : answer.head.substr(at + kField.size(), 36);
}

std::string named(const std::string& name) { return "Lambda-Extension-Name: " + name + "\r\n"; }
std::string as(const std::string& id) { return "Lambda-Extension-Identifier: " + id + "\r\n"; }

class ExtensionsApiTest : public RuntimeApiTest {
 protected:
  ExtensionsApiTest() {
    api->extensions().describe({"f", "7", "app.handler", "123456789012"});
    api->extensions().on_notice([this](const ExtensionNotice& n) { notices.push_back(n); });
  }
  ~ExtensionsApiTest() override { loop.run_until_complete(api->stop()); }
  // Serves until the runtime's thread is done.
  void serve(std::function<void(RawRuntime&)> client) {
    OneShot<bool> done;
    run(
        [&](RawRuntime& raw) {
          client(raw);
          loop.post([&done] { done.set(true); });
        },
        [](Loop& loop, OneShot<bool>& done) -> Task<void> {
          auto waiting = done.wait(loop.clock(), soon(loop), {});
          co_await waiting;
        }(loop, done));
  }
  // What runs on the loop: the state belongs to it.
  void on_loop(std::function<void()> fn) {
    std::promise<void> ran;
    loop.post([&] {
      fn();
      ran.set_value();
    });
    ran.get_future().wait();
  }
  std::vector<ExtensionNotice> notices;
};

TEST_F(ExtensionsApiTest, RegisterTellsAboutTheFunction) {
  api->extensions().launched("outer");
  Answer plain, with_account;
  serve([&](RawRuntime& raw) {
    plain = raw.send_json("POST", kRegister, named("outer"), R"({"events":["INVOKE","SHUTDOWN"]})");
    with_account = raw.send_json(
        "POST", kRegister, named("inner") + "Lambda-Extension-Accept-Feature: x, accountId\r\n",
        R"({"events":[]})");
  });
  EXPECT_EQ(plain.status, 200);
  EXPECT_EQ(plain.body, R"({"functionName":"f","functionVersion":"7","handler":"app.handler"})");
  EXPECT_EQ(identifier(plain).size(), 36u);
  EXPECT_THAT(with_account.body, HasSubstr(R"("accountId":"123456789012")"));
  EXPECT_NE(identifier(plain), identifier(with_account));
}

TEST_F(ExtensionsApiTest, RegisterRefusesWhatAwsRefuses) {
  struct Case {
    std::string fields, body, type, message;
  };
  const std::string events = R"({"events":["INVOKE"]})";
  const std::vector<Case> cases{
      {"", events, "Extension.InvalidExtensionName", "Empty extension name"},
      {named("a"), "{", "InvalidRequestFormat", ""},
      {named("a"), R"({"events":["OTHER"]})", "Extension.InvalidEventType",
       "OTHER: ErrorInvalidEventType"},
      {named("a"), R"({"events":["SHUTDOWN"]})", "Extension.InvalidEventType",
       "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension"},
      {named("a"), R"({"configurationKeys":["x"]})", "InvalidRequestFormat",
       "configurationKeys are deprecated; use environment variables instead"},
  };
  std::vector<Answer> answers;
  Answer twice, many, closed;
  serve([&](RawRuntime& raw) {
    for (const Case& each : cases)
      answers.push_back(raw.send_json("POST", kRegister, each.fields, each.body));
    for (int i = 0; i < 10; ++i)
      raw.send_json("POST", kRegister, named("n" + std::to_string(i)), events);
    twice = raw.send_json("POST", kRegister, named("n1"), events);
    many = raw.send_json("POST", kRegister, named("n10"), events);
    on_loop([this] { api->extensions().close_registration(); });
    closed = raw.send_json("POST", kRegister, named("late"), events);
  });
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(answers[i].status, 403);
    EXPECT_THAT(answers[i].body, HasSubstr("\"errorType\":\"" + cases[i].type + "\""));
    EXPECT_THAT(answers[i].body, HasSubstr(cases[i].message));
  }
  EXPECT_THAT(twice.body, HasSubstr("Extension with this name already registered"));
  EXPECT_THAT(many.body, HasSubstr(R"("errorType":"Extension.TooManyExtensions")"));
  EXPECT_THAT(closed.body, HasSubstr(R"("errorType":"Extension.RegistrationClosed")"));
}

TEST_F(ExtensionsApiTest, TheIdentifierIsChecked) {
  Answer missing, invalid, unknown, no_type;
  serve([&](RawRuntime& raw) {
    missing = raw.get(kNext);
    invalid = raw.send_json("GET", kNext, as("42"), "");
    unknown = raw.send_json("GET", kNext, as("0f6d4a5c-0000-4000-8000-000000000000"), "");
    const Answer registered = raw.send_json("POST", kRegister, named("a"), "{}");
    no_type =
        raw.send_json("POST", "/2020-01-01/extension/init/error", as(identifier(registered)), "{}");
  });
  EXPECT_THAT(missing.body, HasSubstr(R"("Extension.MissingExtensionIdentifier")"));
  EXPECT_THAT(invalid.body, HasSubstr(R"("Extension.InvalidExtensionIdentifier")"));
  EXPECT_THAT(unknown.body, HasSubstr(R"("Extension.UnknownExtensionIdentifier")"));
  EXPECT_THAT(no_type.body, HasSubstr(R"("Extension.MissingHeader")"));
  for (const Answer* answer : {&missing, &invalid, &unknown, &no_type})
    EXPECT_EQ(answer->status, 403);
}

TEST_F(ExtensionsApiTest, NextBlocksUntilAnEventComes) {
  api->extensions().launched("outer");
  Answer first, last, second_register;
  serve([&](RawRuntime& raw) {
    const Answer registered =
        raw.send_json("POST", kRegister, named("outer"), R"({"events":["INVOKE","SHUTDOWN"]})");
    const std::string id = identifier(registered);
    second_register = raw.send_json("POST", kRegister, named("outer"), "{}");
    raw.send_bytes("GET " + std::string(kNext) + " HTTP/1.1\r\nHost: x\r\n" + as(id) + "\r\n");
    // Events are handed over once it waits.
    for (bool waits = false; !waits;) {
      on_loop([&] { waits = !notices.empty(); });
    }
    on_loop([this] { api->extensions().send_invoke(invocation("id-1")); });
    first = raw.receive();
    on_loop([this] {
      api->extensions().send_shutdown(ShutdownReason::kTimeout, Timestamp{1'767'225'600'000});
    });
    last = raw.send_json("GET", kNext, as(id), "");
  });
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body,
            R"({"eventType":"INVOKE","deadlineMs":1767225600000,"requestId":"id-1",)"
            R"("invokedFunctionArn":"arn:aws:lambda:us-east-1:000000000000:function:f",)"
            R"("tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-a"}})");
  EXPECT_THAT(first.head, HasSubstr("Lambda-Extension-Event-Identifier: "));
  EXPECT_EQ(last.body,
            R"({"eventType":"SHUTDOWN","deadlineMs":1767225600000,"shutdownReason":"timeout"})");
  EXPECT_THAT(second_register.body, HasSubstr(R"("Extension.InvalidExtensionState")"));
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].state, "Ready");
  EXPECT_EQ(notices[0].items, (std::vector<std::string>{"INVOKE", "SHUTDOWN"}));
}

TEST_F(ExtensionsApiTest, ReportedErrorsAreFailures) {
  int failures = 0;
  api->extensions().on_failure([&] { ++failures; });
  Answer accepted, again;
  serve([&](RawRuntime& raw) {
    const std::string fields = as(identifier(raw.send_json("POST", kRegister, named("a"), "{}"))) +
                               "Lambda-Extension-Function-Error-Type: My.Reason\r\n";
    accepted = raw.send_json("POST", "/2020-01-01/extension/init/error", fields, "{}");
    again = raw.send_json("POST", "/2020-01-01/extension/exit/error", fields, "{}");
  });
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(accepted.body, kOk);
  EXPECT_THAT(again.body, HasSubstr(R"("Extension.InvalidExtensionState")"));
  EXPECT_EQ(failures, 1);
  ASSERT_TRUE(api->extensions().failure().has_value());
  EXPECT_EQ(api->extensions().failure()->type, "Extension.InitError");
  EXPECT_EQ(api->extensions().failure()->message, "My.Reason");
}

TEST_F(ExtensionsApiTest, AWaitEndsWithTheFailureOrTheDeadline) {
  Extensions& extensions = api->extensions();
  extensions.launched("outer");
  loop.run_until_complete([](Loop& loop, Extensions& extensions) -> Task<void> {
    auto late = extensions.wait_registered(loop.clock().monotonic(), {});
    const Status timed_out = co_await late;
    EXPECT_EQ(timed_out.error().code, ErrorCode::kTimeout);
    loop.post([&] { extensions.process_ended("outer", "exit status 1"); });
    auto failing = extensions.wait_registered(soon(loop), {});
    const Status failed = co_await failing;
    EXPECT_EQ(failed.error().code, ErrorCode::kClosed);
  }(loop, extensions));
  EXPECT_EQ(extensions.failure()->type, "Extension.Crash");
}

}  // namespace
}  // namespace kiln::runtime_api
