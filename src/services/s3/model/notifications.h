// SPDX-License-Identifier: Apache-2.0
#pragma once
// Notifications of a bucket: who is told of which events, and the record that they get. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

#include "aws/api_error.h"
#include "base/result.h"
#include "services/s3/store/changes.h"

#include <string>
#include <string_view>
#include <vector>

namespace kiln::s3 {

// The kind of a bucket's configuration that they are kept as.
inline constexpr std::string_view kNotificationConfig = "notification";

struct NotificationRule {
  std::string id;
  std::string target;               // ARN of a function, queue or topic
  std::vector<std::string> events;  // "s3:ObjectCreated:*"
  std::string prefix;               // of keys
  std::string suffix;
};
using Notifications = std::vector<NotificationRule>;

std::string encode(const Notifications& rules);
Result<Notifications> decode_notifications(std::string_view bytes);

// InvalidArgument: events that there are not, rules that overlap, ids given twice, ARNs of another
// region or kind, FIFO targets; more than 100 rules.
aws::ApiResult<void> check_notifications(const Notifications& rules, std::string_view region);

// Whether the rule wants `event` ("ObjectCreated:Put") of `key`.
bool selects(const NotificationRule& rule, std::string_view event, std::string_view key);

// {"Records":[...]} with one record, as functions, queues and topics get it.
std::string event_record(const NotificationRule& rule, const ObjectChange& change, Timestamp now,
                         std::string_view owner_id);
// What queues and topics get when they are made targets.
std::string test_event(std::string_view bucket, std::string_view request_id, Timestamp now);

}  // namespace kiln::s3
