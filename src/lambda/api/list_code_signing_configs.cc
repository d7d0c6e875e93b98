// SPDX-License-Identifier: Apache-2.0
// ListCodeSigningConfigs: the configurations of the account, by id.

#include "gen/lambda/list_code_signing_configs.h"

#include "aws/operation.h"
#include "base/encoding.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/code_signing_operations.h"
#include "lambda/api/common.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListCodeSigningConfigs;

constexpr std::size_t kPage = 50;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:ListCodeSigningConfigs", "*"};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto after = read_marker(input.marker);
  if (!after) co_return aws::fail(std::move(after.error()));
  const auto limit = std::min<std::size_t>(input.max_items.value_or(kPage), kPage);
  auto list = service.code_signing.list(context.account, context.region, std::move(*after), limit);
  KILN_API_TRY(const auto page, "lambda", co_await std::move(list));
  Model::Output output;
  auto& configs = output.code_signing_configs.emplace();
  for (const auto& config : page.items) configs.push_back(to_wire(config));
  if (!page.next.empty()) output.next_marker = base64_encode(page.next);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListCodeSigningConfigs{authorize, handle};

}  // namespace kiln::lambda
