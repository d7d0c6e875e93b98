// SPDX-License-Identifier: Apache-2.0
// ListFunctionsByCodeSigningConfig: the functions that have a configuration, by name.

#include "gen/lambda/list_functions_by_code_signing_config.h"

#include "aws/operation.h"
#include "base/encoding.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/code_signing_operations.h"
#include "lambda/api/common.h"

#include <algorithm>
#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::ListFunctionsByCodeSigningConfig;

constexpr std::size_t kPage = 50;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:ListFunctionsByCodeSigningConfig", input.code_signing_config_arn.value_or("")};
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  auto key = parse_own_code_signing(context, *input.code_signing_config_arn);
  if (!key) co_return aws::fail(std::move(key.error()));

  auto after = read_marker(input.marker);
  if (!after) co_return aws::fail(std::move(after.error()));
  auto find = service.code_signing.find(*key);
  KILN_API_TRY(const auto config, "lambda", co_await std::move(find));
  if (!config) co_return aws::fail(code_signing_not_found(key->arn()));
  const auto limit = std::min<std::size_t>(input.max_items.value_or(kPage), kPage);
  auto list = service.code_signing.functions(*key, std::move(*after), limit);
  KILN_API_TRY(const auto page, "lambda", co_await std::move(list));
  Model::Output output;
  auto& arns = output.function_arns.emplace();
  for (const auto& name : page.items) {
    arns.push_back(function_arn(key->account, key->region, name, ""));
  }
  if (!page.next.empty()) output.next_marker = base64_encode(page.next);
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListFunctionsByCodeSigningConfig{authorize, handle};

}  // namespace kiln::lambda
