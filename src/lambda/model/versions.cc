// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/versions.h"

#include "gen/lambda/errors.h"

#include <utility>

namespace kiln::lambda {

bool is_published(const FunctionRecord& record) {
  return record.last_version > 0 && record.published_code == record.latest.code.sha256_hex &&
         record.published_config == config_sha256(record.latest);
}

aws::ApiResult<void> check_code_hash(const FunctionVersion& latest,
                                     const std::optional<std::string>& code_sha256) {
  const auto& current = latest.code.sha256_base64;
  if (!code_sha256 || *code_sha256 == current) return {};
  return aws::fail(gen::lambda::invalid_parameter_value_exception(
      "CodeSHA256 (" + *code_sha256 + ") is different from current CodeSHA256 in $LATEST (" +
      current + "). Please try again with the CodeSHA256 in $LATEST."));
}

FunctionVersion publish(FunctionRecord& record, const std::optional<std::string>& description,
                        std::string revision) {
  const FunctionVersion& latest = record.latest;
  record.published_code = latest.code.sha256_hex;
  record.published_config = config_sha256(latest);
  record.last_version += 1;
  FunctionVersion out = latest;
  out.version = std::to_string(record.last_version);
  out.redeploy(std::move(revision));
  if (description) out.description = *description;
  out.config_sha256 = config_sha256(out);
  if (latest.unfinished() || latest.snap_start) {
    // A version is new as long as its code is not in place, also when $LATEST is only updated, or
    // its snapshot is not.
    out.state = State::kPending;
    out.state_reason = "The function is being created.";
    out.state_reason_code = "Creating";
    out.last_update_status = UpdateStatus::kSuccessful;
    out.last_update_reason.clear();
    out.last_update_reason_code.clear();
    if (latest.unfinished()) record.unfinished_version = record.last_version;
  }
  return out;
}

}  // namespace kiln::lambda
