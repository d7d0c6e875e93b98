// SPDX-License-Identifier: Apache-2.0
// GetAlias: what an alias leads to.

#include "gen/lambda/get_alias.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/aliases.h"
#include "lambda/api/common.h"
#include "lambda/api/version_operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetAlias;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetAlias", input.function_name);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_unqualified_ref(context, *input.function_name);
  if (!ref) co_return aws::fail(ref.error());
  auto find = find_function(service, *ref);
  if (const auto record = co_await std::move(find); !record) co_return aws::fail(record.error());
  auto reading = service.parts.alias(ref->key, *input.name);
  KILN_API_TRY(const auto alias, "lambda", co_await std::move(reading));
  if (!alias) co_return aws::fail(alias_not_found(ref->key, *input.name));
  co_return to_alias_configuration<Model::Output>(ref->key, *alias);
}

}  // namespace

const aws::Operation<Model, Service> kGetAlias{authorize, handle};

}  // namespace kiln::lambda
