// SPDX-License-Identifier: Apache-2.0
// RemovePermission: one statement less in the policy of a function, a version or an alias.

#include "gen/lambda/remove_permission.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"
#include "lambda/api/policy_target.h"
#include "lambda/model/resource_policy.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::RemovePermission;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "RemovePermission", input.function_name,
                            input.qualifier.value_or(""));
}

struct Removal {
  FunctionRef ref;
  const Model::Input& input;
  std::string new_revision;
};

Task<Result<aws::ApiResult<void>>> remove(FunctionTransaction& transaction,
                                          const Removal& removal) {
  using Answer = aws::ApiResult<void>;
  auto finding = find_policy_target(transaction, removal.ref);
  KILN_CO_TRY(const auto target, co_await std::move(finding));
  if (!target) co_return Answer(aws::fail(target.error()));
  if (target->policy.empty()) {
    co_return Answer(aws::fail(gen::lambda::resource_not_found_exception(
        "No policy is associated with the given resource.")));
  }
  auto policy = remove_statement(target->policy, *removal.input.statement_id);
  if (!policy) co_return Answer(aws::fail(std::move(policy.error())));
  if (auto same = check_revision(removal.input.revision_id, target->revision_id); !same) {
    co_return std::move(same);
  }
  auto putting = put_policy(transaction, removal.ref, std::move(*policy), removal.new_revision);
  co_return co_await std::move(putting);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto ref = parse_function_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  forget_latest(*ref);
  const FunctionRef function{.key = ref->key, .qualifier = ""};
  const Removal removal{
      .ref = std::move(*ref), .input = input, .new_revision = service.random.uuid()};
  auto changing = service.repository.change(
      function.key,
      gen::lambda::resource_not_found_exception("No policy found for: " + function.arn()),
      [&removal](FunctionTransaction& transaction) { return remove(transaction, removal); });
  if (auto changed = co_await std::move(changing); !changed) {
    co_return aws::fail(std::move(changed.error()));
  }
  co_return Model::Output();
}

}  // namespace

const aws::Operation<Model, Service> kRemovePermission{authorize, handle};

}  // namespace kiln::lambda
