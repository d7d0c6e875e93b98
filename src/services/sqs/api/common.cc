// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/api/common.h"

#include "aws/arn.h"
#include "base/encoding.h"
#include "gen/sqs/errors.h"

#include <utility>

namespace kiln::sqs {

std::string queue_url(const aws::RequestContext& context, const QueueName& queue) {
  return context.scheme + "://" + context.host + "/" + queue.account + "/" + queue.name;
}

std::optional<QueueName> parse_queue_url(const aws::RequestContext& context, std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  const auto slash = url.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view name = url.substr(slash + 1);
  const std::string_view before = url.substr(0, slash);
  const std::string_view account = before.substr(before.rfind('/') + 1);
  if (!aws::is_account_id(account) || !is_queue_name(name)) return std::nullopt;
  return QueueName{std::string(account), context.region, std::string(name)};
}

aws::Authorization on_url(const aws::RequestContext& context, std::string_view action,
                          const std::optional<std::string>& url) {
  const auto queue = parse_queue_url(context, url.value_or(""));
  return {"sqs:" + std::string(action), queue ? queue->arn() : "*"};
}

aws::Authorization on_name(const aws::RequestContext& context, std::string_view action,
                           const std::optional<std::string>& name) {
  const QueueName queue{context.account, context.region, name.value_or("")};
  return {"sqs:" + std::string(action), queue.arn()};
}

Task<aws::ApiResult<QueuePtr>> find_queue(Service& service, aws::RequestContext context,
                                          std::optional<std::string> url) {
  if (!url || url->empty()) co_return aws::fail(missing_parameter("QueueUrl"));
  auto name = parse_queue_url(context, *url);
  if (!name) {
    co_return aws::fail(
        gen::sqs::invalid_address("The address " + *url + " is not valid for this endpoint."));
  }
  auto finding = service.queues.find(std::move(*name));
  KILN_API_TRY(QueuePtr queue, kRoom, co_await finding);
  if (!queue) co_return aws::fail(no_such_queue());
  co_return queue;
}

Task<aws::ApiResult<QueuePtr>> find_own_queue(Service& service, aws::RequestContext context,
                                              std::optional<std::string> url) {
  const std::string account = context.account;
  const std::string operation = context.operation;
  auto finding = find_queue(service, std::move(context), std::move(url));
  auto queue = co_await finding;
  if (queue && (*queue)->name.account != account) {
    co_return aws::fail(invalid_value("Value SQS:" + operation +
                                      " for parameter ActionName is invalid. Reason: Only the "
                                      "queue owner is allowed to invoke this action."));
  }
  co_return queue;
}

aws::ApiError missing_parameter(std::string_view name) {
  return {"MissingParameter", 400,
          "The request must contain the parameter " + std::string(name) + "."};
}

aws::ApiError invalid_value(std::string message) {
  return {"InvalidParameterValue", 400, std::move(message)};
}

aws::ApiError no_such_queue() {
  return gen::sqs::queue_does_not_exist("The specified queue does not exist.");
}

std::string name_token(std::string_view name) { return base64_encode("1" + std::string(name)); }

aws::ApiResult<std::string> name_of_token(const std::optional<std::string>& token) {
  if (!token || token->empty()) return std::string();
  auto text = base64_decode(*token);
  if (!text || text->size() < 2 || text->front() != '1') {
    return aws::fail(invalid_value("Invalid or expired next token."));
  }
  return text->substr(1);
}

}  // namespace kiln::sqs
