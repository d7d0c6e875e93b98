// SPDX-License-Identifier: Apache-2.0
// PutBucketNotificationConfiguration: replaces who is told of a bucket's events.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
#include "gen/s3/put_bucket_notification_configuration.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/notifications.h"

#include <utility>

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutBucketNotificationConfiguration;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:PutBucketNotification", input.bucket);
}

aws::ApiResult<void> add_filter(const std::optional<gen::s3::NotificationConfigurationFilter>& f,
                                NotificationRule& rule) {
  if (!f || !f->key || !f->key->filter_rules) return {};
  bool has_prefix = false;
  bool has_suffix = false;
  for (const auto& filter : *f->key->filter_rules) {
    std::string name = filter.name.value_or("");
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    const bool prefix = name == "prefix";
    if (!prefix && name != "suffix") {
      return aws::fail(invalid_argument("filter rule name must be either prefix or suffix",
                                        "FilterRule.Name", filter.name.value_or("")));
    }
    if (std::exchange(prefix ? has_prefix : has_suffix, true)) {
      return aws::fail(invalid_argument(
          "Cannot specify more than one " + name + " rule in a filter.", "FilterRule.Name"));
    }
    (prefix ? rule.prefix : rule.suffix) = filter.value.value_or("");
  }
  return {};
}

template <class Configuration>
aws::ApiResult<void> add_rule(const Configuration& configuration,
                              const std::optional<std::string>& target, Random& random,
                              Notifications& rules) {
  NotificationRule rule{.id = configuration.id.value_or(random.uuid()),
                        .target = target.value_or(""),
                        .events = configuration.events.value_or(std::vector<std::string>())};
  if (auto good = add_filter(configuration.filter, rule); !good) return good;
  rules.push_back(std::move(rule));
  return {};
}

aws::ApiResult<Notifications> rules_of(const gen::s3::NotificationConfiguration& document,
                                       Random& random) {
  Notifications rules;
  const auto add_all = [&](const auto& list, auto member) -> aws::ApiResult<void> {
    if (!list) return {};
    for (const auto& configuration : *list) {
      if (auto good = add_rule(configuration, configuration.*member, random, rules); !good) {
        return good;
      }
    }
    return {};
  };
  if (document.event_bridge_configuration) {
    return aws::fail(not_implemented("EventBridgeConfiguration"));
  }
  if (auto good = add_all(document.lambda_function_configurations,
                          &gen::s3::LambdaFunctionConfiguration::lambda_function_arn);
      !good) {
    return aws::fail(std::move(good.error()));
  }
  if (auto good = add_all(document.queue_configurations, &gen::s3::QueueConfiguration::queue_arn);
      !good) {
    return aws::fail(std::move(good.error()));
  }
  if (auto good = add_all(document.topic_configurations, &gen::s3::TopicConfiguration::topic_arn);
      !good) {
    return aws::fail(std::move(good.error()));
  }
  return rules;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  KILN_S3_ASK(const Notifications rules,
              rules_of(*input.notification_configuration, service.random));
  KILN_S3_CHECK(check_notifications(rules, bucket->bucket.region));
  if (!input.skip_destination_validation.value_or(false)) {
    KILN_S3_CHECK(co_await service.notifier.check_targets(bucket->bucket, rules));
  }
  KILN_S3_CHECK(co_await service.buckets.update(
      bucket->bucket.name, [&rules](Bucket&, Configs& configs) -> aws::ApiResult<void> {
        const std::string kind(kNotificationConfig);
        if (rules.empty()) {
          configs.erase(kind);
        } else {
          configs[kind] = encode(rules);
        }
        return {};
      }));
  auto sending = service.notifier.send_test_events(bucket->bucket, rules, context.request_id);
  co_await sending;
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutBucketNotificationConfiguration{authorize, handle};

}  // namespace kiln::s3
