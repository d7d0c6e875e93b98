// SPDX-License-Identifier: Apache-2.0
#include "invoke/environment_variables.h"

#include <algorithm>

namespace kiln::invoke {
namespace {

bool has(const Variables& variables, std::string_view name) {
  return std::ranges::any_of(variables, [&](const auto& v) { return v.first == name; });
}

}  // namespace

Variables runtime_variables(const RuntimeCommand& runtime) {
  // The runtime's own come first: the defaults below are for what it does not name.
  Variables all = runtime.variables;
  const Variables defaults{
      {"LANG", "en_US.UTF-8"},
      {"TZ", ":UTC"},
      {"PATH", "/usr/local/bin:/usr/bin:/bin:{opt}/bin"},
      {"LD_LIBRARY_PATH", "/lib64:/usr/lib64:{runtime}:{runtime}/lib:{task}:{task}/lib:{opt}/lib"},
      {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
      {"AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000"},
      {"_AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1"},
      {"_AWS_XRAY_DAEMON_PORT", "2000"},
  };
  for (const auto& variable : defaults) {
    if (!has(all, variable.first)) all.push_back(variable);
  }
  return all;
}

Variables platform_variables(const lambda::FunctionVersion& function, const RuntimeCommand& runtime,
                             std::string_view log_stream,
                             const iam::TemporaryCredentials& credentials,
                             std::string_view endpoint) {
  Variables reserved{
      {"_HANDLER", function.handler},
      {"AWS_REGION", function.region},
      {"AWS_DEFAULT_REGION", function.region},
      {"AWS_LAMBDA_FUNCTION_NAME", function.name},
      {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function.memory_mb)},
      {"AWS_LAMBDA_FUNCTION_VERSION", function.version},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
      {"AWS_LAMBDA_LOG_GROUP_NAME", function.logging.log_group},
      {"AWS_LAMBDA_LOG_STREAM_NAME", std::string(log_stream)},
      {"AWS_ACCESS_KEY_ID", credentials.access_key_id},
      {"AWS_SECRET_ACCESS_KEY", credentials.secret_access_key},
      {"AWS_SESSION_TOKEN", credentials.session_token},
      {"AWS_LAMBDA_RUNTIME_API", "{runtime_api}"},
      {"LAMBDA_TASK_ROOT", "{task}"},
      {"LAMBDA_RUNTIME_DIR", "{runtime}"},
  };
  if (function.logging.json) {
    reserved.emplace_back("AWS_LAMBDA_LOG_FORMAT", "JSON");
    reserved.emplace_back("AWS_LAMBDA_LOG_LEVEL", function.logging.application_level.empty()
                                                      ? "INFO"
                                                      : function.logging.application_level);
  }
  Variables unreserved = runtime_variables(runtime);
  if (!endpoint.empty()) unreserved.emplace_back("AWS_ENDPOINT_URL", endpoint);

  Variables all = std::move(reserved);
  for (auto& variable : unreserved) {
    if (!has(all, variable.first) && !function.environment.contains(variable.first))
      all.push_back(std::move(variable));
  }
  return all;
}

}  // namespace kiln::invoke
