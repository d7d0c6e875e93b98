// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/function.h"

#include "base/crypto.h"
#include "lambda/model/function_ref.h"

#include <utility>

namespace kiln::lambda {

std::string FunctionVersion::arn() const { return function_arn(account, region, name, ""); }

std::string FunctionVersion::qualified_arn() const {
  return function_arn(account, region, name, version);
}

void FunctionVersion::revise(std::string revision) {
  if (deployment_id.empty()) deployment_id = revision_id;
  revision_id = std::move(revision);
}

void FunctionVersion::redeploy(std::string revision) {
  deployment_id = revision;
  revision_id = std::move(revision);
}

std::string runtime_version_arn(std::string_view region, std::string_view runtime) {
  std::string out = "arn:aws:lambda:";
  return out.append(region).append("::runtime:") + sha256_hex("runtime " + std::string(runtime));
}

}  // namespace kiln::lambda
