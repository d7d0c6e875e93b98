// SPDX-License-Identifier: Apache-2.0
#include "services/s3/store/notifier.h"

#include "aws/arn.h"
#include "base/log.h"
#include "services/s3/model/errors.h"
#include "services/s3/model/names.h"
#include "services/s3/store/keys.h"

#include <utility>
#include <vector>

namespace kiln::s3 {

aws::TargetEvent Notifier::event_for(const Bucket& bucket, std::string target) {
  return {.target_arn = std::move(target),
          .service = "s3.amazonaws.com",
          .source_arn = bucket_arn(bucket.name),
          .source_account = bucket.account,
          .subject = "Amazon S3 Notification"};
}

Task<Result<std::shared_ptr<void>>> Notifier::add_to(store::Batch& batch,
                                                     const ObjectChange& change) {
  const std::string* config = change.bucket->config(std::string(kNotificationConfig));
  if (!config || change.cause.event.empty()) co_return std::shared_ptr<void>();
  KILN_CO_TRY(const Notifications rules, decode_notifications(*config));
  const Bucket& bucket = change.bucket->bucket;
  std::vector<queue::OutboxEntry> entries;
  for (const NotificationRule& rule : rules) {
    if (!selects(rule, change.cause.event, change.key)) continue;
    aws::TargetEvent event = event_for(bucket, rule.target);
    event.payload = event_record(rule, change, clock_.wall(), canonical_id(bucket.account));
    event.trace_header = change.cause.trace_header;
    entries.push_back({.target = rule.target, .payload = aws::encode_event(event)});
  }
  if (entries.empty()) co_return std::shared_ptr<void>();
  auto adding = outbox_.add_entries(batch, keys::of(bucket, "events"), std::move(entries));
  KILN_CO_TRY(queue::Sent sent, co_await adding);
  co_return std::move(sent.pending);
}

Task<aws::ApiResult<void>> Notifier::check_targets(Bucket bucket, Notifications rules) {
  for (const NotificationRule& rule : rules) {
    auto checking = targets_.check(event_for(bucket, rule.target));
    const Status good = co_await checking;
    if (good) continue;
    const auto code = good.error().code;
    if (code != ErrorCode::kNotFound && code != ErrorCode::kInvalidArgument) {
      co_return aws::fail(internal_error(good.error()));
    }
    const auto arn = aws::parse_arn(rule.target);
    std::string reason = code == ErrorCode::kNotFound
                             ? "The destination does not exist"
                             : "Permissions on the destination do not allow S3 to publish "
                               "notifications from this bucket";
    if (arn && arn->service == "sqs") {
      reason = code == ErrorCode::kNotFound
                   ? "The destination queue does not exist"
                   : "Permissions on the destination queue do not allow S3 to publish "
                     "notifications from this bucket";
    }
    if (arn && arn->service == "lambda") {
      reason = "Not authorized to invoke function [" + rule.target + "]";
    }
    co_return aws::fail(invalid_argument(
        "Unable to validate the following destination configurations", rule.target, reason));
  }
  co_return aws::ApiResult<void>();
}

Task<void> Notifier::send_test_events(Bucket bucket, Notifications rules, std::string request_id) {
  for (const NotificationRule& rule : rules) {
    const auto arn = aws::parse_arn(rule.target);
    if (!arn || arn->service == "lambda") continue;
    aws::TargetEvent event = event_for(bucket, rule.target);
    event.id = request_id + rule.id;
    event.payload = test_event(bucket.name, request_id, clock_.wall());
    auto delivering = targets_.deliver(std::move(event));
    if (const Status delivered = co_await delivering; !delivered) {
      log::warn("s3", "test event for " + rule.target + ": " + delivered.error().message);
    }
  }
}

}  // namespace kiln::s3
