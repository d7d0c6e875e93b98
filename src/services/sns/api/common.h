// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations of SNS share: ARNs as parameters, pages, and what they ask IAM.

#include "aws/api_error.h"
#include "aws/request_context.h"
#include "services/sns/model/errors.h"
#include "services/sns/model/records.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::sns {

inline constexpr std::size_t kPage = 100;  // what a list answers at once

// The topic of a parameter. Errors: InvalidParameter with AWS's text.
aws::ApiResult<TopicName> topic_of(const aws::RequestContext& context,
                                   const std::optional<std::string>& arn,
                                   std::string_view parameter = "TopicArn");
aws::ApiResult<SubscriptionName> subscription_of(const aws::RequestContext& context,
                                                 const std::optional<std::string>& arn);

// Resources as IAM sees them; the ARN as sent, before it is checked.
aws::Authorization on(std::string_view action, const std::optional<std::string>& arn);

// Opaque tokens that hold where a list goes on.
std::string page_token(std::string_view last);
aws::ApiResult<std::string> read_page_token(const std::optional<std::string>& token);

// "http://host:port": how the caller reached this server.
std::string base_url(const aws::RequestContext& context);

}  // namespace kiln::sns
