// SPDX-License-Identifier: Apache-2.0
// GetPolicy: the policy of a function, a version or an alias.

#include "gen/lambda/get_policy.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"
#include "lambda/api/policy_target.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetPolicy;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetPolicy", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto ref = parse_function_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  forget_latest(*ref);
  auto transaction = service.repository.look_at(ref->key);
  auto beginning = transaction.begin();
  KILN_API_TRY(const bool exists, "lambda", co_await std::move(beginning));
  if (!exists) co_return aws::fail(function_not_found(*ref));
  auto finding = find_policy_target(transaction, *ref);
  KILN_API_TRY(const auto target, "lambda", co_await std::move(finding));
  if (!target || target->policy.empty()) {
    co_return aws::fail(
        gen::lambda::resource_not_found_exception("The resource you requested does not exist."));
  }
  Model::Output output;
  output.policy = target->policy;
  output.revision_id = target->revision_id;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetPolicy{authorize, handle};

}  // namespace kiln::lambda
