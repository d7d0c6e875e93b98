// SPDX-License-Identifier: Apache-2.0
// GetBucketNotificationConfiguration: who is told of a bucket's events.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
#include "gen/s3/get_bucket_notification_configuration.h"

#include "aws/arn.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/notifications.h"

#include <utility>

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketNotificationConfiguration;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketNotification", input.bucket);
}

template <class Configuration>
Configuration to_configuration(NotificationRule rule,
                               std::optional<std::string> Configuration::* target) {
  Configuration out;
  out.id = std::move(rule.id);
  out.*target = std::move(rule.target);
  out.events = std::move(rule.events);
  std::vector<gen::s3::FilterRule> filters;
  if (!rule.prefix.empty()) filters.push_back({"Prefix", std::move(rule.prefix)});
  if (!rule.suffix.empty()) filters.push_back({"Suffix", std::move(rule.suffix)});
  if (!filters.empty()) {
    out.filter.emplace().key.emplace().filter_rules = std::move(filters);
  }
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  Model::Output output;
  const std::string* config = bucket->config(std::string(kNotificationConfig));
  if (!config) co_return output;
  KILN_S3_TRY(Notifications rules, decode_notifications(*config));
  const auto add = [](auto& list, auto configuration) {
    if (!list) list.emplace();
    list->push_back(std::move(configuration));
  };
  for (NotificationRule& rule : rules) {
    const std::string service_of_target = aws::parse_arn(rule.target)->service;
    if (service_of_target == "lambda") {
      add(output.lambda_function_configurations,
          to_configuration(std::move(rule),
                           &gen::s3::LambdaFunctionConfiguration::lambda_function_arn));
    } else if (service_of_target == "sqs") {
      add(output.queue_configurations,
          to_configuration(std::move(rule), &gen::s3::QueueConfiguration::queue_arn));
    } else {
      add(output.topic_configurations,
          to_configuration(std::move(rule), &gen::s3::TopicConfiguration::topic_arn));
    }
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketNotificationConfiguration{authorize, handle};

}  // namespace kiln::s3
