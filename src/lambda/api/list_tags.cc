// SPDX-License-Identifier: Apache-2.0
// ListTags: the tags of a function, a code signing configuration or an event source mapping.

#include "gen/lambda/list_tags.h"

#include "aws/operation.h"
#include "lambda/api/operations.h"
#include "lambda/api/tags.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListTags;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:ListTags", input.resource.value_or("*")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto read = read_tags(service, context, *input.resource);
  auto tags = co_await std::move(read);
  if (!tags) co_return aws::fail(std::move(tags.error()));
  Model::Output output;
  output.tags = std::move(*tags);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListTags{authorize, handle};

}  // namespace kiln::lambda
