// SPDX-License-Identifier: Apache-2.0
// ListTags: the tags of a function.

#include "gen/lambda/list_tags.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListTags;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:ListTags", input.resource.value_or("*")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_taggable(context, *input.resource);
  if (!ref) co_return aws::fail(ref.error());
  auto find = find_function(service, *ref);
  auto record = co_await std::move(find);
  if (!record) co_return aws::fail(std::move(record.error()));
  Model::Output output;
  output.tags = std::move(record->tags);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListTags{authorize, handle};

}  // namespace kiln::lambda
