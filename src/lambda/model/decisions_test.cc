// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/decisions.h"

#include <gtest/gtest.h>

#include <functional>

namespace kiln::lambda {
namespace {

using Input = gen::lambda::CreateFunctionRequest;

const FunctionKey kKey{.account = "123456789012", .region = "us-east-1", .name = "hello"};

Input input() {
  Input out;
  out.function_name = "hello";
  out.runtime = "python3.12";
  out.handler = "app.handler";
  out.role = "arn:aws:iam::123456789012:role/r";
  out.code.emplace().zip_file = "zip";
  return out;
}

// "" when it is accepted.
std::string refusal(const std::function<void(Input&)>& change, const SettingsPolicy& policy = {}) {
  Input request = input();
  change(request);
  const auto decided = decide_create(kKey, request, policy);
  return decided ? "" : decided.error().code + ": " + decided.error().message;
}

TEST(DecideCreate, TakesAwsDefaults) {
  const auto f = decide_create(kKey, input(), {});
  ASSERT_TRUE(f) << f.error().message;
  EXPECT_EQ(f->timeout_s, 3);
  EXPECT_EQ(f->memory_mb, 128);
  EXPECT_EQ(f->ephemeral_storage_mb, 512);
  EXPECT_EQ(f->state, State::kPending);
  EXPECT_EQ(f->state_reason_code, "Creating");
  EXPECT_EQ(f->logging.log_group, "/aws/lambda/hello");
  EXPECT_FALSE(f->config_sha256.empty());
}

TEST(DecideCreate, RefusesWithAwsWords) {
  const struct {
    std::function<void(Input&)> change;
    std::string message;
  } cases[] = {
      {[](Input& i) { i.runtime.reset(); },
       "InvalidParameterValueException: Runtime and Handler are mandatory parameters for functions "
       "created with deployment packages."},
      {[](Input& i) { i.handler.reset(); },
       "InvalidParameterValueException: Runtime and Handler are mandatory parameters for functions "
       "created with deployment packages."},
      {[](Input& i) { i.runtime = "go1.x"; },
       "InvalidParameterValueException: The runtime parameter of go1.x is no longer supported for "
       "creating or updating AWS Lambda functions. We recommend you use a supported runtime while "
       "creating or updating functions."},
      {[](Input& i) { i.runtime = "cobol60"; },
       "InvalidParameterValueException: Value cobol60 at 'runtime' failed to satisfy constraint: "
       "Member must satisfy enum value set: [nodejs18.x, nodejs20.x, nodejs22.x, nodejs24.x, "
       "nodejs26.x, python3.9, python3.10, python3.11, python3.12, python3.13, python3.14, "
       "python3.15, java8.al2, java11, java17, java21, java25, java8.al2023, java11.al2023, "
       "java17.al2023, dotnet8, dotnet10, ruby3.2, ruby3.3, ruby3.4, ruby4.0, provided.al2, "
       "provided.al2023] or be a valid ARN"},
      {[](Input& i) { i.timeout = 901; },
       "ValidationException: 1 validation error detected: Value '901' at 'timeout' failed to "
       "satisfy constraint: Member must have value less than or equal to 900"},
      {[](Input& i) { i.environment.emplace().variables = Tags{{"AWS_REGION", "x"}}; },
       "InvalidParameterValueException: Lambda was unable to configure your environment variables "
       "because the environment variables you have provided contains reserved keys that are "
       "currently not supported for modification. Reserved keys used in this request: AWS_REGION"},
      {[](Input& i) { i.logging_config.emplace().application_log_level = "DEBUG"; },
       "InvalidParameterValueException: LogLevel is not supported when LogFormat is set to "
       "\"Text\". Remove LogLevel from your request or change the LogFormat to \"JSON\" and try "
       "again."},
  };
  for (const auto& c : cases) EXPECT_EQ(refusal(c.change), c.message);
}

TEST(DecideCreate, MeasuresTheEnvironmentAsJson) {
  const auto with = [](std::size_t size) {
    return refusal([size](Input& i) {
      i.environment.emplace().variables = Tags{{"AB", std::string(size, 'x')}};
    });
  };
  EXPECT_EQ(with(4096 - 9), "");  // {"AB":""} is nine bytes
  EXPECT_NE(with(4096 - 8).find("exceeded the 4KB limit. String measured: {\"AB\":\"xx"),
            std::string::npos);
}

// A setting that nothing enforces must not look as if it were.
TEST(DecideCreate, RefusesWhatThisBuildDoesNotHonour) {
  const std::function<void(Input&)> changes[] = {
      [](Input& i) { i.package_type = "Image"; },
      [](Input& i) { i.durable_config.emplace(); },
      [](Input& i) { i.architectures = {"arm64"}; },
  };
  for (const auto& change : changes) {
    const std::string message = refusal(change);
    EXPECT_NE(message.find("not supported by this"), std::string::npos) << message;
  }
}

TEST(DecideCreate, SnapStartIsForSomeRuntimesAndSettings) {
  const auto with = [](const std::function<void(Input&)>& change) {
    return refusal([&change](Input& i) {
      i.runtime = "python3.13";
      i.snap_start.emplace().apply_on = "PublishedVersions";
      change(i);
    });
  };
  const auto refused = [](const std::string& what) {
    return "InvalidParameterValueException: " + what +
           " is not supported for SnapStart enabled functions.";
  };
  EXPECT_EQ(with([](Input&) {}), "");
  for (const char* runtime : {"java11", "java21", "dotnet8", "python3.9"}) {
    EXPECT_EQ(with([runtime](Input& i) { i.runtime = runtime; }), "");
  }
  for (const char* runtime : {"nodejs22.x", "java8.al2", "ruby3.4", "provided.al2023"}) {
    EXPECT_EQ(with([runtime](Input& i) { i.runtime = runtime; }), refused(runtime));
  }
  EXPECT_EQ(with([](Input& i) { i.ephemeral_storage.emplace().size = 512; }), "");
  EXPECT_EQ(with([](Input& i) { i.ephemeral_storage.emplace().size = 513; }),
            refused("EphemeralStorage over 512 MB"));
  EXPECT_EQ(with([](Input& i) { i.tenancy_config.emplace().tenant_isolation_mode = "PER_TENANT"; }),
            refused("Tenant isolation mode"));
}

TEST(DecideCreate, AcceptsHarmlessDefaults) {
  EXPECT_EQ(refusal([](Input& i) {
              i.vpc_config.emplace().subnet_ids.emplace();
              i.dead_letter_config.emplace().target_arn = "";
              i.tracing_config.emplace().mode = "PassThrough";
              i.snap_start.emplace().apply_on = "None";
              i.publish = false;
              i.package_type = "Zip";
              i.architectures = {"x86_64"};
              i.kms_key_arn = "";
            }),
            "");
}

TEST(DecideCreate, TakesDeprecatedRuntimesWhenTheServerAllowsThem) {
  EXPECT_EQ(refusal([](Input& i) { i.runtime = "python3.8"; }, {.allow_deprecated_runtimes = true}),
            "");
}

TEST(DecideCreate, JsonLogsDefaultToInfo) {
  Input request = input();
  request.logging_config.emplace().log_format = "JSON";
  const auto f = decide_create(kKey, request, {});
  ASSERT_TRUE(f);
  EXPECT_EQ(f->logging.application_level, "INFO");
  EXPECT_EQ(f->logging.system_level, "INFO");
}

TEST(DecideConfiguration, KeepsWhatIsAbsent) {
  auto created = decide_create(kKey, input(), {});
  ASSERT_TRUE(created);
  const std::string before = created->config_sha256;
  gen::lambda::UpdateFunctionConfigurationRequest update;
  update.timeout = 30;
  const auto f = decide_configuration(*created, update, {});
  ASSERT_TRUE(f);
  EXPECT_EQ(f->timeout_s, 30);
  EXPECT_EQ(f->handler, "app.handler");
  EXPECT_NE(f->config_sha256, before);
}

TEST(CheckUpdatable, OneUpdateAtATimeAndTheRightRevision) {
  FunctionVersion f;
  f.account = kKey.account;
  f.region = kKey.region;
  f.name = kKey.name;
  f.revision_id = "r1";
  f.state = State::kPending;
  EXPECT_EQ(check_updatable(f, {}).error().message,
            "The operation cannot be performed at this time. The function is currently in the "
            "following state: Pending");
  f.state = State::kActive;
  EXPECT_TRUE(check_updatable(f, {}));
  EXPECT_TRUE(check_updatable(f, "r1"));
  EXPECT_EQ(check_updatable(f, "r0").error().http_status, 412);
  f.last_update_status = UpdateStatus::kInProgress;
  const auto busy = check_updatable(f, {});
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().http_status, 409);
  EXPECT_EQ(busy.error().message,
            "The operation cannot be performed at this time. An update is in progress for "
            "resource: arn:aws:lambda:us-east-1:123456789012:function:hello");
}

TEST(CheckCodeSource, NamesWhatIsWrong) {
  const std::optional<std::string> none, some("x");
  EXPECT_TRUE(check_code_source({some, none, none, none}, false));
  EXPECT_EQ(check_code_source({none, none, none, none}, false).error().message,
            "Please provide a source for function code.");
  EXPECT_TRUE(check_code_source({none, some, some, none}, false));
  EXPECT_EQ(check_code_source({none, some, none, none}, false).error().message,
            "Please provide a source for function code.");
  EXPECT_EQ(check_code_source({none, none, none, some}, true).error().message,
            "Please don't provide ImageUri when updating a function with packageType Zip.");
}

}  // namespace
}  // namespace kiln::lambda
