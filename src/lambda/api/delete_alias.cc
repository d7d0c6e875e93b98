// SPDX-License-Identifier: Apache-2.0
// DeleteAlias: the name with its policy and URL; one that is not there is deleted already.

#include "gen/lambda/delete_alias.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/aliases.h"
#include "lambda/api/common.h"
#include "lambda/api/version_operations.h"
#include "lambda/store/url_repository.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::DeleteAlias;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "DeleteAlias", input.function_name);
}

Task<Result<aws::ApiResult<void>>> apply(FunctionTransaction& transaction,
                                         const std::string& name) {
  transaction.erase(keys::alias(transaction.key(), name));
  transaction.erase_qualified(name);
  auto erasing = erase_url(transaction.store(), transaction.key(), name, transaction.batch());
  KILN_CO_TRY_VOID(co_await std::move(erasing));
  co_return aws::ApiResult<void>();
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  const std::string& name = *input.name;
  auto changing = service.repository.change(
      ref->key, function_not_found(*ref),
      [&name](FunctionTransaction& transaction) { return apply(transaction, name); });
  if (auto changed = co_await std::move(changing); !changed) {
    co_return aws::fail(std::move(changed.error()));
  }
  co_return Model::Output();
}

}  // namespace

const aws::Operation<Model, Service> kDeleteAlias{authorize, handle};

}  // namespace kiln::lambda
