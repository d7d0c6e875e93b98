// SPDX-License-Identifier: Apache-2.0
#include "services/sns/api/common.h"

#include "base/encoding.h"

#include <algorithm>
#include <utility>

namespace kiln::sns {
namespace {

aws::ApiError bad_arn(std::string_view parameter, std::string_view arn) {
  const auto elements = std::ranges::count(arn, ':') + 1;
  if (elements < 6) {
    return invalid_parameter(std::string(parameter) +
                             " Reason: An ARN must have at least 6 elements, not " +
                             std::to_string(elements));
  }
  return invalid_parameter(parameter);
}

}  // namespace

aws::ApiResult<TopicName> topic_of(const aws::RequestContext& context,
                                   const std::optional<std::string>& arn,
                                   std::string_view parameter) {
  auto name = parse_topic_arn(arn.value_or(""));
  if (!name) return aws::fail(bad_arn(parameter, arn.value_or("")));
  // Unsigned calls have no region of their own.
  if (!context.region.empty() && name->region != context.region) {
    return aws::fail(invalid_parameter(parameter));
  }
  return std::move(*name);
}

aws::ApiResult<SubscriptionName> subscription_of(const aws::RequestContext& context,
                                                 const std::optional<std::string>& arn) {
  auto name = parse_subscription_arn(arn.value_or(""));
  if (!name) {
    const auto elements = std::ranges::count(arn.value_or(""), ':') + 1;
    if (elements < 6) return aws::fail(bad_arn("SubscriptionArn", arn.value_or("")));
    return aws::fail(invalid_parameter("SubscriptionId"));
  }
  if (!context.region.empty() && name->topic.region != context.region) {
    return aws::fail(invalid_parameter("SubscriptionArn"));
  }
  return std::move(*name);
}

aws::Authorization on(std::string_view action, const std::optional<std::string>& arn) {
  return {"sns:" + std::string(action), arn.value_or("*"), {}};
}

std::string page_token(std::string_view last) { return base64_encode("1" + std::string(last)); }

aws::ApiResult<std::string> read_page_token(const std::optional<std::string>& token) {
  if (!token || token->empty()) return std::string();
  auto text = base64_decode(*token);
  if (!text || text->size() < 2 || text->front() != '1') {
    return aws::fail(invalid_parameter("NextToken"));
  }
  return text->substr(1);
}

std::string base_url(const aws::RequestContext& context) {
  return context.scheme + "://" + context.host;
}

}  // namespace kiln::sns
