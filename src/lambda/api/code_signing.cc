// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/code_signing.h"

#include "gen/lambda/errors.h"

#include <utility>

namespace kiln::lambda {

gen::lambda::CodeSigningConfig to_wire(const CodeSigning& config) {
  gen::lambda::CodeSigningConfig out;
  out.code_signing_config_id = config.key.id;
  out.code_signing_config_arn = config.key.arn();
  if (!config.description.empty()) out.description = config.description;
  out.allowed_publishers.emplace().signing_profile_version_arns = config.publishers;
  out.code_signing_policies.emplace().untrusted_artifact_on_deployment =
      config.enforce ? "Enforce" : "Warn";
  out.last_modified = format_lambda_time(config.modified);
  return out;
}

aws::ApiResult<CodeSigningKey> parse_own_code_signing(const aws::RequestContext& context,
                                                      std::string_view arn) {
  auto key = parse_code_signing_arn(arn);
  if (key && key->account == context.account && key->region == context.region) return *key;
  return aws::fail(code_signing_not_found(arn));
}

Task<aws::ApiResult<void>> check_signature(Service& service, std::string arn) {
  if (arn.empty()) co_return aws::ApiResult<void>();
  auto key = parse_code_signing_arn(arn);
  std::optional<CodeSigning> config;
  if (key) {
    auto find = service.code_signing.find(std::move(*key));
    auto found = co_await std::move(find);
    if (!found) {
      co_return aws::fail(aws::internal_failure("lambda", found.error(), "ServiceException"));
    }
    config = std::move(*found);
  }
  if (!config) {
    co_return aws::fail(gone_code_signing(arn));
  }
  if (!config->enforce) co_return aws::ApiResult<void>();
  co_return aws::fail(gen::lambda::code_verification_failed_exception(
      "The code signature failed one or more of the validation checks for signature mismatch or "
      "expiry, and the code signing policy is set to ENFORCE. Lambda blocks the deployment."));
}

}  // namespace kiln::lambda
