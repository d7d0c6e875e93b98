// SPDX-License-Identifier: Apache-2.0
// TagResource: adds tags to a function, or replaces their values.

#include "gen/lambda/tag_resource.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::TagResource;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:TagResource", input.resource.value_or("*")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_taggable(context, *input.resource);
  if (!ref) co_return aws::fail(ref.error());
  if (input.tags->empty()) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "An error occurred and the request cannot be processed."));
  }
  auto update = service.repository.update(ref->key, function_not_found(*ref),
                                          [&](FunctionRecord& record) -> aws::ApiResult<void> {
                                            for (const auto& [key, value] : *input.tags)
                                              record.tags[key] = value;
                                            return check_tags(record.tags);
                                          });
  if (auto ok = co_await std::move(update); !ok) co_return aws::fail(std::move(ok.error()));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kTagResource{authorize, handle};

}  // namespace kiln::lambda
