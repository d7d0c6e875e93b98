// SPDX-License-Identifier: Apache-2.0
// UpdateAlias: leads an alias elsewhere, or changes its shares or description.

#include "gen/lambda/update_alias.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/aliases.h"
#include "lambda/api/common.h"
#include "lambda/api/policy_target.h"
#include "lambda/api/version_operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::UpdateAlias;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "UpdateAlias", input.function_name);
}

struct AliasUpdate {
  const Model::Input& input;
  std::string revision;
  Alias alias;  // as updated
};

Task<Result<aws::ApiResult<void>>> apply(FunctionTransaction& transaction, AliasUpdate& update) {
  using Answer = aws::ApiResult<void>;
  const Model::Input& input = update.input;
  const FunctionKey& key = transaction.key();
  auto reading = transaction.read(keys::alias(key, *input.name));
  KILN_CO_TRY(const auto stored, co_await std::move(reading));
  if (!stored) co_return Answer(aws::fail(alias_not_found(key, *input.name)));
  KILN_CO_TRY(Alias alias, decode_alias(*stored));
  if (auto same = check_revision(input.revision_id, alias.revision_id); !same) {
    co_return std::move(same);
  }
  if (input.function_version) alias.version = *input.function_version;
  if (input.description) alias.description = *input.description;
  if (input.routing_config) {
    alias.weights = weights_of(input.routing_config).value_or(NoWeights());
  }
  if (auto good = check_weights(alias.version, alias.weights); !good) co_return std::move(good);
  auto checking = check_versions(transaction, alias);
  KILN_CO_TRY(auto good, co_await std::move(checking));
  if (!good) co_return std::move(good);
  if (alias.version == kLatest && transaction.record().provisioned.contains(alias.name)) {
    co_return Answer(aws::fail(gen::lambda::invalid_parameter_value_exception(
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.")));
  }
  alias.revision_id = update.revision;
  transaction.put(keys::alias(key, alias.name), encode(alias));
  update.alias = std::move(alias);
  co_return Answer();
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  AliasUpdate update{.input = input, .revision = service.random.uuid(), .alias = {}};
  auto changing = service.repository.change(
      ref->key, function_not_found(*ref),
      [&update](FunctionTransaction& transaction) { return apply(transaction, update); });
  if (auto changed = co_await std::move(changing); !changed) {
    co_return aws::fail(std::move(changed.error()));
  }
  co_return to_alias_configuration<Model::Output>(ref->key, update.alias);
}

}  // namespace

const aws::Operation<Model, Service> kUpdateAlias{authorize, handle};

}  // namespace kiln::lambda
