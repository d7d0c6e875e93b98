// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rules for single settings of a function, each a pure check with AWS's own words. Lengths,
// patterns and enumerations of the service model were checked before.

#include "aws/api_error.h"
#include "gen/lambda/types.h"
#include "lambda/model/function.h"
#include "lambda/model/vpc.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::lambda {

inline constexpr int kMaxTimeoutSeconds = 900;
inline constexpr int kMaxMemoryMb = 10'240;
inline constexpr std::size_t kMaxEnvironmentBytes = 4'096;
inline constexpr std::size_t kMaxTags = 50;

using Tags = std::map<std::string, std::string>;

// What this server allows beside AWS's rules.
struct SettingsPolicy {
  bool allow_deprecated_runtimes = false;
  bool allow_foreign_roles = false;          // roles whose ARN names another account
  std::string host_architecture = "x86_64";  // "x86_64" or "arm64"
  std::shared_ptr<const VpcDirectory> vpcs = std::make_shared<VpcDirectory>();
};

using Check = aws::ApiResult<void>;

// A setting that this build would not honour is refused by name, never stored in silence.
aws::ApiError not_supported(std::string_view setting);

// Deprecated runtimes: the current ones are those that AWS lets create and update.
bool is_current_runtime(std::string_view runtime);
// Also the retired ones.
bool is_known_runtime(std::string_view runtime);
// "nodejs18.x, nodejs20.x, ..."
std::string current_runtimes();
Check check_runtime(std::string_view runtime, const SettingsPolicy& policy);
Check check_timeout(int seconds);
Check check_memory(int mb);
Check check_environment(const std::map<std::string, std::string>& variables);
Check check_architectures(const std::vector<std::string>& architectures,
                          const SettingsPolicy& policy);
// That the settings of `function` go with its SnapStart.
Check check_snap_start(const FunctionVersion& function);
// At most kMaxTags, keys 1 to 128 and values up to 256 characters, none of AWS's own "aws:".
Check check_tags(const Tags& tags);
// The configuration that `wanted` asks for, on top of `now`.
aws::ApiResult<LoggingConfig> decide_logging(const LoggingConfig& now,
                                             const gen::lambda::LoggingConfig& wanted);

// The members that CreateFunction and UpdateFunctionConfiguration share and this build does not
// honour; their empty and default values pass.
struct UnsupportedSettings {
  const std::optional<std::vector<gen::lambda::FileSystemConfig>>& file_systems;
  const std::optional<gen::lambda::ImageConfig>& image;
  const std::optional<gen::lambda::CapacityProviderConfig>& capacity_provider;
  const std::optional<gen::lambda::DurableConfig>& durable;
  const std::optional<std::string>& kms_key_arn;
};
Check check_unsupported(const UnsupportedSettings& settings);

}  // namespace kiln::lambda
