// SPDX-License-Identifier: Apache-2.0
// UntagResource: removes tags; unknown keys are ignored.

#include "gen/lambda/untag_resource.h"

#include "aws/operation.h"
#include "lambda/api/operations.h"
#include "lambda/api/tags.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::UntagResource;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:UntagResource", input.resource.value_or("*")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto change = change_tags(service, context, *input.resource, [&input](Tags& tags) {
    for (const auto& key : *input.tag_keys) tags.erase(key);
  });
  if (auto ok = co_await std::move(change); !ok) co_return aws::fail(std::move(ok.error()));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kUntagResource{authorize, handle};

}  // namespace kiln::lambda
