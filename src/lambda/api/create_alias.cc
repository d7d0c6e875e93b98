// SPDX-License-Identifier: Apache-2.0
// CreateAlias: a name for a version, or for two with shares.

#include "gen/lambda/create_alias.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/aliases.h"
#include "lambda/api/common.h"
#include "lambda/api/version_operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::CreateAlias;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "CreateAlias", input.function_name);
}

Task<Result<aws::ApiResult<void>>> apply(FunctionTransaction& transaction, const Alias& alias) {
  using Answer = aws::ApiResult<void>;
  auto checking = check_versions(transaction, alias);
  KILN_CO_TRY(auto good, co_await std::move(checking));
  if (!good) co_return std::move(good);
  const FunctionKey& key = transaction.key();
  auto reading = transaction.read(keys::alias(key, alias.name));
  KILN_CO_TRY(const auto existing, co_await std::move(reading));
  if (existing) {
    co_return Answer(aws::fail(gen::lambda::resource_conflict_exception(
        "Alias already exists: " + alias_arn(key, alias.name))));
  }
  transaction.put(keys::alias(key, alias.name), encode(alias));
  co_return Answer();
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  const Alias alias{.name = std::move(*input.name),
                    .version = std::move(*input.function_version),
                    .description = input.description.value_or(""),
                    .weights = weights_of(input.routing_config).value_or(NoWeights()),
                    .revision_id = service.random.uuid()};
  if (auto good = check_weights(alias.version, alias.weights); !good) {
    co_return aws::fail(std::move(good.error()));
  }
  auto changing = service.repository.change(
      ref->key, function_not_found(*ref),
      [&alias](FunctionTransaction& transaction) { return apply(transaction, alias); });
  if (auto changed = co_await std::move(changing); !changed) {
    co_return aws::fail(std::move(changed.error()));
  }
  co_return to_alias_configuration<Model::Output>(ref->key, alias);
}

}  // namespace

const aws::Operation<Model, Service> kCreateAlias{authorize, handle};

}  // namespace kiln::lambda
