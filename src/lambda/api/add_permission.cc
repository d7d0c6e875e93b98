// SPDX-License-Identifier: Apache-2.0
// AddPermission: one statement more in the policy of a function, a version or an alias.

#include "gen/lambda/add_permission.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"
#include "lambda/api/policy_target.h"
#include "lambda/model/resource_policy.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::AddPermission;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  auto out = authorize_function(context, "AddPermission", input.function_name,
                                input.qualifier.value_or(""));
  out.condition_keys()["lambda:Principal"] = {input.principal.value_or("")};
  if (input.function_url_auth_type) {
    out.condition_keys()["lambda:FunctionUrlAuthType"] = {*input.function_url_auth_type};
  }
  return out;
}

// What is asked, apart from the function as it is.
struct Addition {
  FunctionRef ref;
  const Model::Input& input;
  std::string statement;
  std::string new_revision;
};

Task<Result<aws::ApiResult<void>>> add(FunctionTransaction& transaction, const Addition& addition) {
  auto finding = find_policy_target(transaction, addition.ref);
  KILN_CO_TRY(const auto target, co_await std::move(finding));
  if (!target) co_return aws::ApiResult<void>(aws::fail(target.error()));
  if (auto same = check_revision(addition.input.revision_id, target->revision_id); !same) {
    co_return std::move(same);
  }
  auto policy = add_statement(target->policy, *addition.input.statement_id, addition.statement);
  if (!policy) co_return aws::ApiResult<void>(aws::fail(std::move(policy.error())));
  auto putting = put_policy(transaction, addition.ref, std::move(*policy), addition.new_revision);
  co_return co_await std::move(putting);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_function_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  if (ref->qualifier == kLatest) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "We currently do not support adding policies for $LATEST."));
  }
  auto statement = make_statement(input, ref->arn());
  if (!statement) co_return aws::fail(std::move(statement.error()));
  const Addition addition{.ref = *ref,
                          .input = input,
                          .statement = std::move(*statement),
                          .new_revision = service.random.uuid()};
  auto changing = service.repository.change(
      ref->key, function_not_found({.key = ref->key, .qualifier = ""}),
      [&addition](FunctionTransaction& transaction) { return add(transaction, addition); });
  if (auto changed = co_await std::move(changing); !changed) {
    co_return aws::fail(std::move(changed.error()));
  }
  Model::Output output;
  output.statement = addition.statement;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kAddPermission{authorize, handle};

}  // namespace kiln::lambda
