// SPDX-License-Identifier: Apache-2.0
// External extensions beside a real runtime: tests/runtimes/extensions/recorder.py writes down what
// it sees.
#include "invoke/extension_files.h"
#include "invoke/real_runtime_for_test.h"
#include "sandbox/isolated/isolated_sandbox.h"

#include <boost/json.hpp>

#include <algorithm>
#include <unistd.h>

namespace kiln::invoke {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class ExtensionsTest : public RealRuntime {
 protected:
  ExtensionsTest() {
    trace_ = root_ + "/trace";
    std::ofstream{trace_};
    function_.environment["TRACE"] = trace_;
    directory_->layers = {root_ + "/layer"};
    fs::create_directories(root_ + "/layer/extensions");
    add_extension("recorder");
  }
  void add_extension(const std::string& name) {
    const std::string to = root_ + "/layer/extensions/" + name;
    fs::copy_file(KILN_SOURCE_DIR "/tests/runtimes/extensions/recorder.py", to);
    fs::permissions(to, fs::perms(0755));
  }
  // The lines of the trace with this "what".
  std::vector<json::object> traced(std::string_view what) {
    std::vector<json::object> found;
    std::ifstream file(trace_);
    for (std::string line; std::getline(file, line);) {
      json::object object = json::parse(line).as_object();
      if (object.at("what").as_string() == what) found.push_back(std::move(object));
    }
    return found;
  }
  std::vector<std::string> event_types() {
    std::vector<std::string> types;
    for (const auto& each : traced("event"))
      types.emplace_back(each.at("event").at("eventType").as_string());
    return types;
  }
  // The telemetry events' types, and one of them.
  std::vector<std::string> telemetry_types() {
    std::vector<std::string> types;
    for (const auto& each : traced("telemetry"))
      types.emplace_back(each.at("event").at("type").as_string());
    return types;
  }
  json::object telemetry(std::string_view type) {
    for (const auto& each : traced("telemetry")) {
      if (each.at("event").at("type").as_string() == type) return each.at("event").as_object();
    }
    return {};
  }
  void wait_ms(std::int64_t ms) {
    loop_.run_until_complete([](Clock& clock, std::int64_t ms) -> Task<void> {
      auto napping = sleep_ms(clock, ms, {});
      co_await napping;
    }(loop_.clock(), ms));
  }
  std::string trace_;
};

TEST_F(ExtensionsTest, RegistersBeforeTheRuntimeStartsAndHearsOfInvocationsAndTheEnd) {
  const InvokeResult cold = invoke(R"({"n":1})");
  EXPECT_EQ(cold.function_error, "") << cold.payload;
  // What the runtime prints first comes after what the extension prints first.
  EXPECT_LT(cold.log_tail.find("recorder starts\n"), cold.log_tail.find("starting\n"));
  EXPECT_THAT(cold.log_tail,
              HasSubstr("EXTENSION\tName: recorder\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n"));
  invoke(R"({"n":2})");
  end();
  const auto registered = traced("registered");
  ASSERT_EQ(registered.size(), 1u);
  EXPECT_EQ(json::serialize(registered[0].at("body")),
            R"({"functionName":"hello","functionVersion":"$LATEST","handler":"index.handler",)"
            R"("accountId":"123456789012"})");
  EXPECT_THAT(json::serialize(registered[0].at("variables")),
              AllOf(HasSubstr("AWS_ACCESS_KEY_ID"), HasSubstr("AWS_LAMBDA_FUNCTION_NAME"),
                    Not(HasSubstr("_HANDLER")), Not(HasSubstr("LAMBDA_TASK_ROOT"))));
  EXPECT_EQ(event_types(), (std::vector<std::string>{"INVOKE", "INVOKE", "SHUTDOWN"}));
  const auto events = traced("event");
  const json::object& first = events[0].at("event").as_object();
  EXPECT_EQ(first.at("invokedFunctionArn").as_string(),
            "arn:aws:lambda:us-east-1:123456789012:function:hello");
  EXPECT_EQ(first.at("requestId").as_string().size(), 36u);
  EXPECT_EQ(first.at("tracing").at("type").as_string(), "X-Amzn-Trace-Id");
  EXPECT_GT(first.at("deadlineMs").as_int64(), 1'600'000'000'000);
  EXPECT_EQ(events[2].at("event").at("shutdownReason").as_string(), "spindown");
  EXPECT_EQ(traced("gone").size(), 1u);
}

TEST_F(ExtensionsTest, TheCallerDoesNotWaitForExtensionsButTheEnvironmentDoes) {
  invoke("{}");
  function_.environment["SLEEP_MS"] = "400";
  function_.revision_id = "r2";
  invoke("{}");  // cold
  wait_ms(500);
  const Monotonic began = loop_.clock().monotonic();
  const InvokeResult quick = invoke(R"({"n":2})", false);
  EXPECT_LT(loop_.clock().monotonic().ns - began.ns, 300'000'000);
  EXPECT_EQ(quick.function_error, "");
  // The environment is busy until its extension asks for the next event: another one is made.
  const std::string first = quick.payload;
  EXPECT_NE(invoke(R"({"n":3})", false).payload, first);
  wait_ms(600);
  const InvokeResult with_log = invoke(R"({"n":4})", true);
  EXPECT_THAT(with_log.log_tail, HasSubstr("recorder worked\nEND RequestId: "));
  const auto at = with_log.log_tail.find("Billed Duration: ");
  EXPECT_GE(std::stoi(with_log.log_tail.substr(at + 17)), 400);
}

TEST_F(ExtensionsTest, AnExtensionThatWorksPastTheTimeoutEndsTheEnvironment) {
  function_.environment["SLEEP_MS"] = "1300";
  function_.timeout_s = 1;
  const InvokeResult result = invoke("{}");
  EXPECT_EQ(result.function_error, "") << result.payload;
  EXPECT_THAT(result.log_tail, HasSubstr("Task timed out after 1.00 seconds"));
  EXPECT_THAT(result.log_tail, HasSubstr("Status: timeout"));
  end();
  EXPECT_EQ(event_types(), (std::vector<std::string>{"INVOKE", "SHUTDOWN"}));
  EXPECT_EQ(traced("event")[1].at("event").at("shutdownReason").as_string(), "timeout");
}

TEST_F(ExtensionsTest, ATimeoutOfTheFunctionIsToldAsTheReason) {
  function_.timeout_s = 1;
  const InvokeResult result = invoke(R"({"do":"hang"})");
  EXPECT_THAT(result.payload, HasSubstr("Task timed out after 1.00 seconds"));
  end();
  EXPECT_EQ(event_types(), (std::vector<std::string>{"INVOKE", "SHUTDOWN"}));
  EXPECT_EQ(traced("event")[1].at("event").at("shutdownReason").as_string(), "timeout");
}

TEST_F(ExtensionsTest, ACrashOfTheRuntimeIsToldAsFailure) {
  EXPECT_THAT(invoke(R"({"do":"exit"})").payload, HasSubstr("Runtime.ExitError"));
  end();
  EXPECT_EQ(traced("event").back().at("event").at("shutdownReason").as_string(), "failure");
}

TEST_F(ExtensionsTest, ACrashOfAnExtensionIsAFailureOfTheEnvironment) {
  function_.environment["CRASH"] = "invoke";
  const InvokeResult result = invoke(R"({"do":"hang"})");
  EXPECT_EQ(result.function_error, "Unhandled");
  EXPECT_THAT(result.payload, AllOf(HasSubstr(R"("errorType":"Extension.Crash")"),
                                    HasSubstr("Error: exit status 6")));
  EXPECT_THAT(result.log_tail, HasSubstr("Status: error\tError Type: Extension.Crash"));
  function_.environment.erase("CRASH");
  function_.revision_id = "r2";
  EXPECT_EQ(invoke("{}").function_error, "");
}

TEST_F(ExtensionsTest, ReportsOfFailuresEndTheEnvironment) {
  function_.environment["CRASH"] = "init";
  EXPECT_THAT(invoke("{}").payload, HasSubstr(R"("errorType":"Extension.InitError")"));
  function_.environment["CRASH"] = "exit";
  function_.revision_id = "r2";
  EXPECT_THAT(invoke(R"({"do":"hang"})").payload,
              HasSubstr(R"("errorType":"Extension.ExitError")"));
}

TEST_F(ExtensionsTest, OneThatEndsBeforeItRegistersFailsTheInitialisation) {
  function_.environment["CRASH"] = "start";
  const InvokeResult result = invoke("{}");
  EXPECT_THAT(result.payload, HasSubstr(R"("errorType":"Extension.Crash")"));
  EXPECT_THAT(result.log_tail, HasSubstr("INIT_REPORT Init Duration: "));
  EXPECT_THAT(result.log_tail, Not(HasSubstr("starting\n")));
}

TEST_F(ExtensionsTest, AFileThatCannotBeRunIsALaunchError) {
  fs::permissions(root_ + "/layer/extensions/recorder", fs::perms(0644));
  const InvokeResult result = invoke("{}");
  EXPECT_THAT(result.payload,
              AllOf(HasSubstr(R"("errorType":"Extension.LaunchError")"),
                    HasSubstr("fork/exec /opt/extensions/recorder: permission denied")));
}

TEST_F(ExtensionsTest, TenMayRunAndNoMore) {
  for (int i = 2; i <= 10; ++i) add_extension("recorder" + std::to_string(i));
  EXPECT_EQ(invoke("{}").function_error, "");
  EXPECT_EQ(traced("registered").size(), 10u);
  add_extension("recorder11");
  function_.revision_id = "r2";
  EXPECT_THAT(invoke("{}").payload, HasSubstr("Extension limit (10) reached"));
}

TEST_F(ExtensionsTest, TelemetryComesOverHttp) {
  function_.environment["TELEMETRY"] = "http";
  function_.environment["EVENTS"] = "INVOKE,SHUTDOWN";
  const InvokeResult result = invoke(R"({"n":1})");
  EXPECT_EQ(result.function_error, "") << result.payload;
  EXPECT_THAT(result.log_tail, HasSubstr("TELEMETRY\tName: recorder\tState: Subscribed\tTypes: "
                                         "[Platform, Function, Extension]\n"));
  wait_ms(300);
  const auto subscribed = traced("subscribed");
  ASSERT_EQ(subscribed.size(), 1u);
  EXPECT_EQ(subscribed[0].at("status").as_int64(), 200);
  EXPECT_EQ(subscribed[0].at("body").as_string(), "OK");
  const auto types = telemetry_types();
  for (const char* type :
       {"platform.initStart", "platform.telemetrySubscription", "platform.extension",
        "platform.initRuntimeDone", "platform.initReport", "platform.start", "function",
        "extension", "platform.runtimeDone", "platform.report"}) {
    EXPECT_THAT(types, Contains(type));
  }
  EXPECT_THAT(types, Not(Contains("platform.end")));
  EXPECT_EQ(telemetry("platform.initStart").at("record").at("initializationType").as_string(),
            "on-demand");
  const auto start = telemetry("platform.start");
  EXPECT_EQ(start.at("record").at("version").as_string(), "$LATEST");
  EXPECT_EQ(start.at("record").at("tracing").at("type").as_string(), "X-Amzn-Trace-Id");
  const auto done = telemetry("platform.runtimeDone");
  EXPECT_EQ(done.at("record").at("status").as_string(), "success");
  EXPECT_EQ(done.at("record").at("spans").at(0).at("name").as_string(), "responseLatency");
  EXPECT_TRUE(telemetry("platform.report")
                  .at("record")
                  .at("metrics")
                  .as_object()
                  .contains("maxMemoryUsedMB"));
  EXPECT_EQ(telemetry("function").at("record").as_string(), "starting\n");
}

TEST_F(ExtensionsTest, TelemetryComesOverTcp) {
  function_.environment["TELEMETRY"] = "tcp";
  invoke("{}");
  wait_ms(300);
  EXPECT_THAT(telemetry_types(), AllOf(Contains("platform.start"), Contains("platform.report")));
}

TEST_F(ExtensionsTest, TheLogsApiHasItsOwnEvents) {
  function_.environment["TELEMETRY"] = "logs";
  const InvokeResult result = invoke("{}");
  EXPECT_THAT(result.log_tail, HasSubstr("LOGS\tName: recorder\tState: Subscribed\tTypes: ["));
  wait_ms(300);
  const auto types = telemetry_types();
  EXPECT_THAT(types, AllOf(Contains("platform.end"), Contains("platform.report"),
                           Contains("platform.logsSubscription"), Contains("function")));
  EXPECT_THAT(types,
              AllOf(Not(Contains("platform.runtimeDone")), Not(Contains("platform.initStart"))));
}

// The same behind isolation: other processes, files and ports are out of sight.
class IsolatedExtensionsTest : public RealRuntime {
 protected:
  IsolatedExtensionsTest() : RealRuntime(isolated) {}
  void SetUp() override {
    if (!sandbox_) GTEST_SKIP() << "needs root and a host that allows isolation";
    function_.environment["TRACE"] = "/tmp/trace";
    function_.environment["TELEMETRY"] = "http";
    function_.environment["PYTHONDONTWRITEBYTECODE"] = "1";
    const std::string extensions = root_ + "/layer/extensions";
    fs::create_directories(extensions);
    fs::copy_file(KILN_SOURCE_DIR "/tests/runtimes/extensions/recorder.py",
                  extensions + "/recorder");
    fs::permissions(extensions + "/recorder", fs::perms(0755));
    directory_->layers = {root_ + "/layer"};
  }
  static std::unique_ptr<sandbox::Sandbox> isolated(Loop& loop, Metrics& metrics,
                                                    const std::string& root) {
    if (geteuid() != 0) return nullptr;
    sandbox::IsolatedSandboxOptions options;
    options.launcher = KILN_LAUNCHER_PROGRAMS "/kiln-launcher";
    options.init = KILN_LAUNCHER_PROGRAMS "/kiln-init";
    options.state_directory = root + "/state";
    options.level = "root";
    options.network = "isolated";
    options.endpoint_connection = [](Fd) {};
    auto opened = sandbox::open_isolated_sandbox(loop, metrics, std::move(options));
    if (!opened) return nullptr;
    return std::move(*opened);
  }
};

TEST_F(IsolatedExtensionsTest, RegisterHearAndGetTelemetry) {
  const InvokeResult first = invoke("{}");
  EXPECT_EQ(first.function_error, "") << first.payload;
  EXPECT_LT(first.log_tail.find("recorder starts\n"), first.log_tail.find("starting\n"));
  std::string trace;
  for (int i = 0; i < 20 && trace.find("platform.report") == std::string::npos; ++i)
    trace = invoke(R"({"do":"trace"})").payload;
  EXPECT_THAT(trace, AllOf(HasSubstr("registered"), HasSubstr("INVOKE"),
                           HasSubstr("platform.start"), HasSubstr("platform.report")));
  end();
  EXPECT_THAT(sink_.messages(), Contains("recorder ends: spindown\n"));
}

TEST(ExtensionFiles, AreThoseOfAllLayersEachOnce) {
  const std::string root = ::testing::TempDir() + "kiln-extension-files";
  fs::remove_all(root);
  for (const char* path : {"/a/extensions/folder", "/b/extensions"})
    fs::create_directories(root + path);
  for (const char* path : {"/a/extensions/two", "/b/extensions/two", "/b/extensions/one"})
    std::ofstream{root + path};
  EXPECT_EQ(external_extensions({root + "/a", root + "/b", root + "/none"}),
            (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(with_extension_path("fork/exec /x/y/extensions/one: permission denied", "one"),
            "fork/exec /opt/extensions/one: permission denied");
  fs::remove_all(root);
}

}  // namespace
}  // namespace kiln::invoke
