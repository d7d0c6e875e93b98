// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/queue_source.h"

#include "base/encoding.h"
#include "iam/event_authorization.h"
#include "queue/queue.h"

#include <algorithm>
#include <utility>

namespace kiln::sqs {
namespace {

constexpr std::string_view kActions[] = {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"};

// Handles that are not of this queue are left out.
std::vector<Receipt> receipts_of(const Queue& queue, const std::vector<std::string>& handles) {
  std::vector<Receipt> out;
  for (const std::string& handle : handles) {
    auto receipt = decode_receipt(handle);
    if (receipt && receipt->queue_id == queue.record.id) out.push_back(std::move(*receipt));
  }
  return out;
}

class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
    return *this;
  }
  JsonObject& raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
    return *this;
  }
  std::string end() { return std::move(out_) + "}"; }

 private:
  void key(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
  }
  std::string out_ = "{";
};

}  // namespace

std::string lambda_record(const QueueName& queue, const Received& received) {
  const Message& message = received.message;
  JsonObject system;
  for (const auto& [name, value] : system_attributes(received)) system.text(name, value);
  JsonObject attributes;
  for (const auto& [name, attribute] : message.attributes) {
    JsonObject value;
    if (attribute.binary()) {
      value.text("binaryValue", base64_encode(attribute.value));
    } else {
      value.text("stringValue", attribute.value);
    }
    value.raw("stringListValues", "[]").raw("binaryListValues", "[]");
    attributes.raw(name, value.text("dataType", attribute.type).end());
  }
  JsonObject out;
  out.text("messageId", received.id)
      .text("receiptHandle", received.handle)
      .text("body", message.body)
      .raw("attributes", system.end())
      .raw("messageAttributes", attributes.end());
  if (!message.attributes.empty()) out.text("md5OfMessageAttributes", md5_of(message.attributes));
  return out.text("md5OfBody", md5_hex(message.body))
      .text("eventSource", "aws:sqs")
      .text("eventSourceARN", queue.arn())
      .text("awsRegion", queue.region)
      .end();
}

Task<Result<QueuePtr>> QueueSource::open(sources::Subscription subscription, std::string action) {
  auto name = parse_queue_arn(subscription.source_arn);
  if (!name) {
    co_return fail(ErrorCode::kNotFound, subscription.source_arn + " is no queue's ARN");
  }
  auto finding = queues_.find(std::move(*name));
  KILN_CO_TRY(const QueuePtr queue, co_await finding);
  if (!queue) co_return fail(ErrorCode::kNotFound, "The specified queue does not exist.");
  aws::TargetEvent asked{.target_arn = subscription.source_arn,
                         .role_arn = std::move(subscription.role_arn)};
  auto asking = iam::authorize_event(authorizer_, std::move(asked), "sqs:" + action,
                                     queue->name.arn(), clock_.wall());
  KILN_CO_TRY_VOID(co_await asking);
  co_return queue;
}

Task<aws::ApiResult<sources::QueueFacts>> QueueSource::describe(
    sources::Subscription subscription) {
  const auto refuse = [](std::string message) {
    return aws::fail({"InvalidParameterValueException", 400, std::move(message)});
  };
  sources::QueueFacts out;
  for (const std::string_view action : kActions) {
    auto opening = open(subscription, std::string(action));
    const auto queue = co_await opening;
    if (!queue && queue.error().code == ErrorCode::kNotFound) {
      co_return refuse(
          "Error occurred while ReceiveMessage. SQS Error Code: "
          "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does "
          "not exist.");
    }
    if (!queue && queue.error().code == ErrorCode::kInvalidArgument) {
      co_return refuse("The provided execution role does not have permissions to call " +
                       std::string(action) + " on SQS");
    }
    if (!queue) co_return aws::fail(aws::internal_failure("sqs", queue.error()));
    out.fifo = (*queue)->settings.fifo;
    out.visibility_timeout_s = static_cast<int>((*queue)->settings.visibility_seconds);
  }
  co_return out;
}

Task<Result<queue::Backlog>> QueueSource::backlog(std::string source_arn) {
  auto name = parse_queue_arn(source_arn);
  if (!name) co_return queue::Backlog{};
  auto finding = queues_.find(std::move(*name));
  KILN_CO_TRY(const QueuePtr queue, co_await finding);
  if (!queue) co_return queue::Backlog{};
  auto asking = messages_.backlog(queue);
  co_return co_await asking;
}

Task<Result<std::vector<sources::ReceivedMessage>>> QueueSource::receive(
    sources::Subscription subscription, sources::ReceiveOptions options) {
  auto opening = open(std::move(subscription), "ReceiveMessage");
  KILN_CO_TRY(const QueuePtr queue, co_await opening);
  const std::stop_token stop = options.stop;
  ReceiveOptions wanted{.max = std::min(options.max, queue::kMaxClaim),
                        .visibility_seconds = queue->settings.visibility_seconds,
                        .wait_ms = options.wait_ms,
                        .stop = std::move(options.stop)};
  auto receiving = messages_.receive(queue, std::move(wanted));
  auto received = co_await receiving;
  std::vector<sources::ReceivedMessage> out;
  // A queue at its limit of messages in flight has nothing to give.
  if (!received && received.error().code == ErrorCode::kLimitExceeded) co_return out;
  if (!received) co_return std::unexpected(std::move(received.error()));
  if (received->empty() && stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "stopped");
  for (Received& message : *received) {
    std::string record = lambda_record(queue->name, message);
    out.push_back({.id = std::move(message.id),
                   .handle = std::move(message.handle),
                   .record = std::move(record),
                   .trace_header = std::move(message.message.trace_header),
                   .visible_at = message.visible_at});
  }
  co_return out;
}

Task<Status> QueueSource::remove(sources::Subscription subscription,
                                 std::vector<std::string> handles) {
  auto opening = open(std::move(subscription), "DeleteMessage");
  KILN_CO_TRY(const QueuePtr queue, co_await opening);
  std::vector<Receipt> receipts = receipts_of(*queue, handles);
  for (std::size_t at = 0; at < receipts.size(); at += queue::kMaxClaim) {
    const auto begin = receipts.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end =
        begin + static_cast<std::ptrdiff_t>(std::min(queue::kMaxClaim, receipts.size() - at));
    auto removing = messages_.remove(queue, {begin, end});
    const auto removed = co_await removing;
    if (!removed) co_return std::unexpected(removed.error());
  }
  co_return Status{};
}

Task<Status> QueueSource::release(sources::Subscription subscription,
                                  std::vector<std::string> handles, std::int64_t delay_ms) {
  // A poller gives back what it may receive.
  auto opening = open(std::move(subscription), "ReceiveMessage");
  KILN_CO_TRY(const QueuePtr queue, co_await opening);
  for (Receipt& receipt : receipts_of(*queue, handles)) {
    auto changing = messages_.change_visibility(queue, std::move(receipt), delay_ms);
    const auto changed = co_await changing;
    if (!changed) co_return std::unexpected(changed.error());
  }
  co_return Status{};
}

}  // namespace kiln::sqs
