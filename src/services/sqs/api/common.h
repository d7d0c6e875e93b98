// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations of SQS share: queue URLs, permissions, errors with AWS's texts.

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"
#include "services/sqs/model/queue_record.h"
#include "services/sqs/service.h"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::sqs {

inline constexpr std::string_view kRoom = "sqs";

// "http://HOST/ACCOUNT/NAME", with the host that the client used.
std::string queue_url(const aws::RequestContext& context, const QueueName& queue);
// Only the path's end counts: clients keep URLs under other host names.
std::optional<QueueName> parse_queue_url(const aws::RequestContext& context, std::string_view url);

// `action` without "sqs:" on the queue of this URL; on "*" when the URL names none.
aws::Authorization on_url(const aws::RequestContext& context, std::string_view action,
                          const std::optional<std::string>& url);
aws::Authorization on_name(const aws::RequestContext& context, std::string_view action,
                           const std::optional<std::string>& name);

// The queue of this URL. Errors: MissingParameter, InvalidAddress, QueueDoesNotExist.
Task<aws::ApiResult<QueuePtr>> find_queue(Service& service, aws::RequestContext context,
                                          std::optional<std::string> url);
// The same for operations that AWS does not allow across accounts.
Task<aws::ApiResult<QueuePtr>> find_own_queue(Service& service, aws::RequestContext context,
                                              std::optional<std::string> url);

aws::ApiError missing_parameter(std::string_view name);
aws::ApiError invalid_value(std::string message);
aws::ApiError no_such_queue();

// Opaque tokens that hold a name.
std::string name_token(std::string_view name);
aws::ApiResult<std::string> name_of_token(const std::optional<std::string>& token);

}  // namespace kiln::sqs
