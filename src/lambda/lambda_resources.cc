// SPDX-License-Identifier: Apache-2.0
#include "lambda/lambda_resources.h"

#include "aws/arn.h"
#include "lambda/model/layer.h"

#include <utility>

namespace kiln::lambda {

Task<Result<std::optional<iam::ResourcePolicy>>> LambdaResources::find(std::string action,
                                                                       std::string resource_arn) {
  constexpr std::string_view kFunction = "function:";
  if (auto layer = parse_layer_version_arn(resource_arn)) {
    auto reading = layers_.find(std::move(layer->key), layer->version);
    KILN_CO_TRY(const auto version, co_await std::move(reading));
    if (!version) co_return std::nullopt;
    co_return iam::ResourcePolicy{.policy = policy_of(*version), .tags = {}};
  }
  const auto arn = aws::parse_arn(resource_arn);
  if (!arn || !arn->resource.starts_with(kFunction)) co_return std::nullopt;
  const std::string_view name = std::string_view(arn->resource).substr(kFunction.size());
  const auto colon = name.find(':');
  FunctionKey key{
      .account = arn->account, .region = arn->region, .name = std::string(name.substr(0, colon))};
  std::string qualifier(colon == std::string_view::npos ? "" : name.substr(colon + 1));
  auto finding = directory_.policy(std::move(key), std::move(qualifier));
  KILN_CO_TRY(auto found, co_await std::move(finding));
  if (!found) co_return std::nullopt;
  co_return iam::ResourcePolicy{.policy = std::move(found->text), .tags = std::move(found->tags)};
}

}  // namespace kiln::lambda
