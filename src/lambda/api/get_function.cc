// SPDX-License-Identifier: Apache-2.0
// GetFunction: configuration, tags, and a link to the code that works for ten minutes.

#include "gen/lambda/get_function.h"

#include "aws/operation.h"
#include "lambda/api/common.h"
#include "lambda/api/configuration.h"
#include "lambda/api/operations.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::GetFunction;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "GetFunction", input.function_name,
                            input.qualifier.value_or(""));
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_function_ref(context, *input.function_name, input.qualifier.value_or(""));
  if (!ref) co_return aws::fail(ref.error());
  auto find = find_version(service, *ref);
  auto found = co_await std::move(find);
  if (!found) co_return aws::fail(std::move(found.error()));
  FunctionRecord& function = found->function;
  Model::Output output;
  output.configuration = to_configuration(found->version);
  output.configuration->function_arn = ref->arn();
  auto& code = output.code.emplace();
  code.repository_type = "S3";
  code.location = service.links.make(context, found->version.code.sha256_hex);
  if (function.reserved_concurrency) {
    output.concurrency.emplace().reserved_concurrent_executions = function.reserved_concurrency;
  }
  if (!function.tags.empty()) output.tags = std::move(function.tags);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetFunction{authorize, handle};

}  // namespace kiln::lambda
