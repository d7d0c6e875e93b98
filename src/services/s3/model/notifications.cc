// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/notifications.h"

#include "aws/arn.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/fields.h"
#include "services/s3/model/errors.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <set>
#include <utility>

namespace kiln::s3 {
namespace {

constexpr std::size_t kMaxRules = 100;
constexpr std::size_t kMaxFilterBytes = 1'024;

constexpr std::string_view kEvents[] = {
    "s3:ReducedRedundancyLostObject",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Post",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectAcl:Put",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
};

// Form encoding: a space is '+', '/' stays.
std::string encoded_key(std::string_view key) {
  std::string out = percent_encode(key, true);
  for (std::size_t at = out.find("%20"); at != std::string::npos; at = out.find("%20", at)) {
    out.replace(at, 3, "+");
  }
  return out;
}

bool event_matches(std::string_view wanted, std::string_view event) {
  wanted.remove_prefix(3);  // "s3:"
  if (!wanted.ends_with('*')) return wanted == event;
  return event.starts_with(wanted.substr(0, wanted.size() - 1));
}

// Newer kinds of events have a newer record.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
std::string_view version_of(std::string_view event) {
  for (const std::string_view newer : {"Lifecycle", "ObjectTagging", "ObjectAcl"})
    if (event.starts_with(newer)) return "2.3";
  return "2.1";
}

bool same_event(std::string_view a, std::string_view b) {
  const auto covers = [](std::string_view wide, std::string_view narrow) {
    return wide == narrow ||
           (wide.ends_with('*') && narrow.starts_with(wide.substr(0, wide.size() - 1)));
  };
  return covers(a, b) || covers(b, a);
}

bool overlap(const NotificationRule& a, const NotificationRule& b) {
  const bool prefixes = a.prefix.starts_with(b.prefix) || b.prefix.starts_with(a.prefix);
  const bool suffixes = a.suffix.ends_with(b.suffix) || b.suffix.ends_with(a.suffix);
  const bool events = std::ranges::any_of(a.events, [&b](const std::string& event) {
    return std::ranges::any_of(
        b.events, [&event](const std::string& other) { return same_event(event, other); });
  });
  return prefixes && suffixes && events;
}

std::string all_events() {
  std::string out = "[";
  for (const std::string_view event : kEvents) {
    if (out.size() > 1) out += ", ";
    out += event;
  }
  return out + "]";
}

aws::ApiResult<void> check_rule(const NotificationRule& rule, std::string_view region) {
  for (const std::string& event : rule.events) {
    if (std::ranges::find(kEvents, event) == std::end(kEvents)) {
      return aws::fail(invalid_argument("The event '" + event +
                                            "' is not supported for notifications. Supported "
                                            "events are as follows: " +
                                            all_events(),
                                        "Event", event));
    }
  }
  if (rule.events.empty()) return aws::fail(malformed_xml());
  if (rule.prefix.size() > kMaxFilterBytes || rule.suffix.size() > kMaxFilterBytes) {
    return aws::fail(
        invalid_argument("filter rule value cannot exceed 1024 bytes", "FilterRule.Value"));
  }
  const auto arn = aws::parse_arn(rule.target);
  if (!arn) return aws::fail(invalid_argument("The ARN is not well formed", "ARN", rule.target));
  if (arn->region != region) {
    return aws::fail(invalid_argument(
        "The notification destination service region is not valid for the bucket location "
        "constraint",
        rule.target, "Destination region"));
  }
  if (arn->resource.ends_with(".fifo")) {
    return aws::fail(invalid_argument("Unable to validate the following destination configurations",
                                      rule.target, "FIFO destinations are not supported"));
  }
  return {};
}

}  // namespace

std::string encode(const Notifications& rules) {
  FieldWriter out;
  out.number(static_cast<std::int64_t>(rules.size()));
  for (const NotificationRule& rule : rules) {
    out.text(rule.id).text(rule.target).text(rule.prefix).text(rule.suffix);
    out.number(static_cast<std::int64_t>(rule.events.size()));
    for (const std::string& event : rule.events) out.text(event);
  }
  return out.bytes();
}

Result<Notifications> decode_notifications(std::string_view bytes) {
  FieldReader in(bytes);
  Notifications out;
  for (auto left = in.number(); left > 0 && in.status(); --left) {
    NotificationRule rule{.id = in.text(), .target = in.text(), .events = {}, .prefix = in.text()};
    rule.suffix = in.text();
    for (auto events = in.number(); events > 0 && in.status(); --events) {
      rule.events.push_back(in.text());
    }
    out.push_back(std::move(rule));
  }
  KILN_TRY_VOID(in.status());
  return out;
}

aws::ApiResult<void> check_notifications(const Notifications& rules, std::string_view region) {
  if (rules.size() > kMaxRules) {
    return aws::fail(invalid_argument("Number of notification configurations must not exceed 100",
                                      "NotificationConfiguration"));
  }
  std::set<std::string_view> ids;
  for (const NotificationRule& rule : rules) {
    if (auto good = check_rule(rule, region); !good) return good;
    if (!ids.insert(rule.id).second) {
      return aws::fail(invalid_argument(
          "Same ID used for multiple configurations. IDs must be unique", "Id", rule.id));
    }
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::size_t j = i + 1; j < rules.size(); ++j) {
      if (overlap(rules[i], rules[j])) {
        return aws::fail(invalid_argument(
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules "
            "if the prefixes are overlapping for the same event type."));
      }
    }
  }
  return {};
}

bool selects(const NotificationRule& rule, std::string_view event, std::string_view key) {
  if (std::ranges::none_of(rule.events, [event](const std::string& wanted) {
        return event_matches(wanted, event);
      })) {
    return false;
  }
  // Filters may be written as the record writes keys.
  const std::string encoded = encoded_key(key);
  return (key.starts_with(rule.prefix) || encoded.starts_with(rule.prefix)) &&
         (key.ends_with(rule.suffix) || encoded.ends_with(rule.suffix));
}

std::string event_record(const NotificationRule& rule, const ObjectChange& change, Timestamp now,
                         std::string_view owner_id) {
  const Bucket& bucket = change.bucket->bucket;
  const bool removed = change.cause.event.ends_with(":Delete");
  char sequencer[17];
  std::snprintf(sequencer, sizeof sequencer, "%016llX",
                static_cast<unsigned long long>(change.sequence));
  boost::json::object object{{"key", encoded_key(change.key)}};
  if (!removed) {
    if (!change.version.marker) object["size"] = change.version.size;
    object["eTag"] = change.version.etag;
  }
  if (bucket.keeps_versions() && !change.version.version_id.empty()) {
    object["versionId"] = change.version.version_id;
  }
  object["sequencer"] = sequencer;
  const boost::json::object record{
      {"eventVersion", version_of(change.cause.event)},
      {"eventSource", "aws:s3"},
      {"awsRegion", bucket.region},
      {"eventTime", format_iso8601(now, true)},
      {"eventName", change.cause.event},
      {"userIdentity", {{"principalId", change.cause.principal_id}}},
      {"requestParameters", {{"sourceIPAddress", change.cause.source_ip}}},
      {"responseElements",
       {{"x-amz-request-id", change.cause.request_id},
        {"x-amz-id-2", base64_encode(sha256_hex(change.cause.request_id))}}},
      {"s3",
       {{"s3SchemaVersion", "1.0"},
        {"configurationId", rule.id},
        {"bucket",
         {{"name", bucket.name},
          {"ownerIdentity", {{"principalId", owner_id}}},
          {"arn", "arn:aws:s3:::" + bucket.name}}},
        {"object", std::move(object)}}}};
  return boost::json::serialize(boost::json::object{{"Records", boost::json::array{record}}});
}

std::string test_event(std::string_view bucket, std::string_view request_id, Timestamp now) {
  return boost::json::serialize(
      boost::json::object{{"Service", "Amazon S3"},
                          {"Event", "s3:TestEvent"},
                          {"Time", format_iso8601(now, true)},
                          {"Bucket", bucket},
                          {"RequestId", request_id},
                          {"HostId", base64_encode(sha256_hex(request_id))}});
}

}  // namespace kiln::s3
