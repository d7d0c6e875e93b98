// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/settings.h"

#include "base/encoding.h"
#include "gen/lambda/errors.h"

#include <algorithm>
#include <array>

namespace kiln::lambda {
namespace {

constexpr std::array kCurrentRuntimes = std::to_array<std::string_view>({
    "nodejs18.x", "nodejs20.x",   "nodejs22.x",      "nodejs24.x",    "nodejs26.x",
    "python3.9",  "python3.10",   "python3.11",      "python3.12",    "python3.13",
    "python3.14", "python3.15",   "java8.al2",       "java11",        "java17",
    "java21",     "java25",       "java8.al2023",    "java11.al2023", "java17.al2023",
    "dotnet8",    "dotnet10",     "ruby3.2",         "ruby3.3",       "ruby3.4",
    "ruby4.0",    "provided.al2", "provided.al2023",
});

// Known to AWS and retired: their functions run on, new ones are refused.
constexpr std::array kRetiredRuntimes = std::to_array<std::string_view>({
    "nodejs",     "nodejs4.3",  "nodejs4.3-edge", "nodejs6.10",    "nodejs8.10",    "nodejs10.x",
    "nodejs12.x", "nodejs14.x", "nodejs16.x",     "java8",         "python2.7",     "python3.6",
    "python3.7",  "python3.8",  "dotnetcore1.0",  "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1",
    "dotnet6",    "go1.x",      "ruby2.5",        "ruby2.7",       "provided",
});

// Names that Lambda sets itself (developer guide, "Defined runtime environment variables").
constexpr std::array kReservedVariables = std::to_array<std::string_view>({
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
});

std::unexpected<aws::ApiError> invalid(std::string message) {
  return aws::fail(gen::lambda::invalid_parameter_value_exception(std::move(message)));
}

template <class T>
bool has_items(const std::optional<std::vector<T>>& list) {
  return list && !list->empty();
}
bool has_text(const std::optional<std::string>& text) { return text && !text->empty(); }

}  // namespace

aws::ApiError not_supported(std::string_view setting) {
  return gen::lambda::invalid_parameter_value_exception(std::string(setting) +
                                                        " is not supported by this build yet.");
}

bool is_current_runtime(std::string_view runtime) {
  return std::find(kCurrentRuntimes.begin(), kCurrentRuntimes.end(), runtime) !=
         kCurrentRuntimes.end();
}

bool is_known_runtime(std::string_view runtime) {
  return is_current_runtime(runtime) ||
         std::ranges::find(kRetiredRuntimes, runtime) != kRetiredRuntimes.end();
}

std::string current_runtimes() {
  std::string out;
  for (const auto name : kCurrentRuntimes) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

Check check_runtime(std::string_view runtime, const SettingsPolicy& policy) {
  if (is_current_runtime(runtime)) return {};
  if (!is_known_runtime(runtime)) {
    return invalid("Value " + std::string(runtime) +
                   " at 'runtime' failed to satisfy constraint: Member must satisfy enum value "
                   "set: [" +
                   current_runtimes() + "] or be a valid ARN");
  }
  if (policy.allow_deprecated_runtimes) return {};
  return invalid("The runtime parameter of " + std::string(runtime) +
                 " is no longer supported for creating or updating AWS Lambda functions. We "
                 "recommend you use a supported runtime while creating or updating functions.");
}

Check check_timeout(int seconds) {
  if (seconds <= kMaxTimeoutSeconds) return {};
  return aws::fail({.code = "ValidationException",
                    .http_status = 400,
                    .message = "1 validation error detected: Value '" + std::to_string(seconds) +
                               "' at 'timeout' failed to satisfy constraint: Member must have "
                               "value less than or equal to " +
                               std::to_string(kMaxTimeoutSeconds)});
}

Check check_memory(int mb) {
  if (mb <= kMaxMemoryMb) return {};
  return invalid(
      "'MemorySize' value failed to satisfy constraint: Member must have value less "
      "than or equal to " +
      std::to_string(kMaxMemoryMb));
}

Check check_environment(const std::map<std::string, std::string>& variables) {
  std::string reserved;
  std::string json = "{";
  for (const auto& [name, value] : variables) {
    if (std::find(kReservedVariables.begin(), kReservedVariables.end(), name) !=
        kReservedVariables.end()) {
      reserved += (reserved.empty() ? "" : ", ") + name;
    }
    if (json.size() > 1) json += ',';
    append_json_string(json, name);
    json += ':';
    append_json_string(json, value);
  }
  json += '}';
  const std::string unable =
      "Lambda was unable to configure your environment variables because the environment "
      "variables you have provided ";
  if (!reserved.empty()) {
    return invalid(unable +
                   "contains reserved keys that are currently not supported for modification. "
                   "Reserved keys used in this request: " +
                   reserved);
  }
  if (json.size() > kMaxEnvironmentBytes) {
    return invalid(unable + "exceeded the 4KB limit. String measured: " + json);
  }
  return {};
}

Check check_architectures(const std::vector<std::string>& architectures,
                          const SettingsPolicy& policy) {
  if (architectures.empty() || architectures.front() == policy.host_architecture) return {};
  return invalid("Architecture " + architectures.front() +
                 " is not supported by this server, which runs on " + policy.host_architecture +
                 ".");
}

// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html; AWS takes Python below 3.12, too.
Check check_snap_start(const FunctionVersion& f) {
  if (!f.snap_start) return {};
  const auto refuse = [](std::string what) {
    return invalid(std::move(what) + " is not supported for SnapStart enabled functions.");
  };
  const bool known = f.runtime.starts_with("python") || f.runtime.starts_with("java") ||
                     f.runtime.starts_with("dotnet");
  if (!known || f.runtime.starts_with("java8")) return refuse(f.runtime);
  if (f.ephemeral_storage_mb > 512) return refuse("EphemeralStorage over 512 MB");
  if (f.tenant_isolation) return refuse("Tenant isolation mode");
  return {};
}

Check check_tags(const Tags& tags) {
  if (tags.size() > kMaxTags) return invalid("Number of tags exceeds resource tag limit.");
  for (const auto& [key, value] : tags) {
    if (key.empty() || utf8_length(key) > 128) {
      return invalid("The TagKey must be between 1 and 128 characters long.");
    }
    if (utf8_length(value) > 256) {
      return invalid("The TagValue must be at most 256 characters long.");
    }
    if (key.starts_with("aws:")) {
      return invalid("The TagKey must not begin with aws:, which is reserved for AWS.");
    }
  }
  return {};
}

aws::ApiResult<LoggingConfig> decide_logging(const LoggingConfig& now,
                                             const gen::lambda::LoggingConfig& wanted) {
  LoggingConfig out = now;
  if (wanted.log_format) out.json = *wanted.log_format == "JSON";
  if (!out.json && (wanted.application_log_level || wanted.system_log_level)) {
    return invalid(
        "LogLevel is not supported when LogFormat is set to \"Text\". Remove LogLevel from your "
        "request or change the LogFormat to \"JSON\" and try again.");
  }
  if (!out.json) {
    out.application_level.clear();
    out.system_level.clear();
  } else {
    if (wanted.application_log_level) out.application_level = *wanted.application_log_level;
    if (wanted.system_log_level) out.system_level = *wanted.system_log_level;
    if (out.application_level.empty()) out.application_level = "INFO";
    if (out.system_level.empty()) out.system_level = "INFO";
  }
  if (has_text(wanted.log_group)) out.log_group = *wanted.log_group;
  return out;
}

Check check_unsupported(const UnsupportedSettings& s) {
  if (has_items(s.file_systems)) return aws::fail(not_supported("FileSystemConfigs"));
  if (s.image && (has_items(s.image->entry_point) || has_items(s.image->command) ||
                  has_text(s.image->working_directory))) {
    return invalid("Please don't provide ImageConfig for a function with packageType Zip.");
  }
  if (s.capacity_provider) return aws::fail(not_supported("CapacityProviderConfig"));
  if (s.durable) return aws::fail(not_supported("DurableConfig"));
  // There is no KMS, and so no key of the caller's: in AWS's words for that.
  if (has_text(s.kms_key_arn)) {
    return invalid(
        "Lambda was unable to configure access to your environment variables because the KMS key "
        "is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: "
        "NotFoundException. KMS Message: Key '" +
        *s.kms_key_arn + "' does not exist");
  }
  return {};
}

}  // namespace kiln::lambda
