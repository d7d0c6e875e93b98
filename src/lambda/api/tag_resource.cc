// SPDX-License-Identifier: Apache-2.0
// TagResource: adds tags, or replaces their values.

#include "gen/lambda/tag_resource.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/operations.h"
#include "lambda/api/tags.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::TagResource;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:TagResource", input.resource.value_or("*")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  if (input.tags->empty()) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "An error occurred and the request cannot be processed."));
  }
  auto change = change_tags(service, context, *input.resource, [&input](Tags& tags) {
    for (const auto& [key, value] : *input.tags) tags[key] = value;
  });
  if (auto ok = co_await std::move(change); !ok) co_return aws::fail(std::move(ok.error()));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kTagResource{authorize, handle};

}  // namespace kiln::lambda
