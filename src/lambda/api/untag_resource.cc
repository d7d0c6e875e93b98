// SPDX-License-Identifier: Apache-2.0
// UntagResource: removes tags from a function; unknown keys are ignored.

#include "gen/lambda/untag_resource.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::UntagResource;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:UntagResource", input.resource.value_or("*")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_taggable(context, *input.resource);
  if (!ref) co_return aws::fail(ref.error());
  auto update = service.repository.update(ref->key, function_not_found(*ref),
                                          [&](FunctionRecord& record) -> aws::ApiResult<void> {
                                            for (const auto& key : *input.tag_keys)
                                              record.tags.erase(key);
                                            return {};
                                          });
  if (auto ok = co_await std::move(update); !ok) co_return aws::fail(std::move(ok.error()));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kUntagResource{authorize, handle};

}  // namespace kiln::lambda
