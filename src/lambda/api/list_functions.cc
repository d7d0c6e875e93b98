// SPDX-License-Identifier: Apache-2.0
// ListFunctions: pages of at most 50, by name.

#include "gen/lambda/list_functions.h"

#include "aws/operation.h"
#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/configuration.h"
#include "lambda/api/operations.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListFunctions;

constexpr std::size_t kPageSize = 50;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:ListFunctions", "*"};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  std::string after;
  if (input.marker && !input.marker->empty()) {
    auto decoded = base64_decode(*input.marker);
    if (!decoded) {
      co_return aws::fail(gen::lambda::invalid_parameter_value_exception("Invalid Marker."));
    }
    after = std::move(*decoded);
  }
  // Replicas of Lambda@Edge do not exist here, so another master region has none.
  const bool elsewhere = input.master_region && *input.master_region != context.region &&
                         *input.master_region != "ALL";
  const auto limit = std::min<std::size_t>(input.max_items.value_or(kPageSize), kPageSize);
  Model::Output output;
  auto& functions = output.functions.emplace();
  if (elsewhere) co_return output;
  auto list = service.repository.list(context.account, context.region, std::move(after), limit);
  KILN_API_TRY(const FunctionPage page, "lambda", co_await std::move(list));
  const bool all = input.function_version.value_or("") == "ALL";
  for (const auto& record : page.functions) {
    functions.push_back(to_list_item(record.latest, all ? Arn::kQualified : Arn::kUnqualified));
  }
  if (!page.next.empty()) output.next_marker = base64_encode(page.next);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListFunctions{authorize, handle};

}  // namespace kiln::lambda
