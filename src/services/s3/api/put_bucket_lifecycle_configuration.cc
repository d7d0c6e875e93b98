// SPDX-License-Identifier: Apache-2.0
// PutBucketLifecycleConfiguration: replaces the rules by which objects end (store/lifecycle.h).
#include "gen/s3/put_bucket_lifecycle_configuration.h"

#include "base/random.h"
#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/lifecycle.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutBucketLifecycleConfiguration;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:PutLifecycleConfiguration", input.bucket);
}

aws::ApiResult<void> add_tag(const gen::s3::Tag& tag, LifecycleFilter& filter) {
  if (!tag.key || !tag.value || !filter.tags.emplace(*tag.key, *tag.value).second)
    return aws::fail(malformed_xml());
  return {};
}

aws::ApiResult<LifecycleFilter> filter_of(const gen::s3::LifecycleRule& rule) {
  LifecycleFilter out;
  if (rule.prefix.has_value() == rule.filter.has_value()) return aws::fail(malformed_xml());
  if (rule.prefix) {
    out.form = LifecycleFilter::Form::kRulePrefix;
    out.prefix = rule.prefix;
    return out;
  }
  const auto& sent = *rule.filter;
  if (sent.and_) {
    if (sent.prefix || sent.tag || sent.object_size_greater_than || sent.object_size_less_than)
      return aws::fail(malformed_xml());
    out.form = LifecycleFilter::Form::kAnd;
    out.prefix = sent.and_->prefix;
    out.larger_than = sent.and_->object_size_greater_than;
    out.smaller_than = sent.and_->object_size_less_than;
    for (const auto& tag : sent.and_->tags.value_or(std::vector<gen::s3::Tag>()))
      if (auto added = add_tag(tag, out); !added) return aws::fail(std::move(added.error()));
    return out;
  }
  out.prefix = sent.prefix;
  out.larger_than = sent.object_size_greater_than;
  out.smaller_than = sent.object_size_less_than;
  if (sent.tag) {
    if (auto added = add_tag(*sent.tag, out); !added) return aws::fail(std::move(added.error()));
  }
  return out;
}

aws::ApiResult<LifecycleRule> rule_of(const gen::s3::LifecycleRule& sent, Random& random) {
  LifecycleRule out;
  out.id = sent.id.value_or("");
  if (out.id.empty()) out.id = random.uuid();
  const std::string status = sent.status.value_or("");
  if (status != "Enabled" && status != "Disabled") return aws::fail(malformed_xml());
  out.enabled = status == "Enabled";
  auto filter = filter_of(sent);
  if (!filter) return aws::fail(std::move(filter.error()));
  out.filter = std::move(*filter);
  if (sent.expiration) {
    out.days = sent.expiration->days;
    out.date = sent.expiration->date;
    out.expired_markers = sent.expiration->expired_object_delete_marker;
    if (!out.days && !out.date && !out.expired_markers.has_value())
      return aws::fail(malformed_xml());
  }
  if (sent.noncurrent_version_expiration) {
    out.noncurrent_days = sent.noncurrent_version_expiration->noncurrent_days;
    out.newer_noncurrent = sent.noncurrent_version_expiration->newer_noncurrent_versions;
  }
  if (sent.abort_incomplete_multipart_upload) {
    out.abort_days = sent.abort_incomplete_multipart_upload->days_after_initiation;
    if (!out.abort_days) return aws::fail(malformed_xml());
  }
  if (sent.transitions) {
    for (const auto& one : *sent.transitions) {
      out.transitions.push_back({.days = one.days,
                                 .date = one.date,
                                 .newer = {},
                                 .storage_class = one.storage_class.value_or("")});
    }
  }
  if (sent.noncurrent_version_transitions) {
    for (const auto& one : *sent.noncurrent_version_transitions) {
      out.noncurrent_transitions.push_back({.days = one.noncurrent_days,
                                            .date = {},
                                            .newer = one.newer_noncurrent_versions,
                                            .storage_class = one.storage_class.value_or("")});
    }
  }
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  if (!input.lifecycle_configuration || !input.lifecycle_configuration->rules)
    co_return aws::fail(malformed_xml());
  Lifecycle lifecycle;
  for (const auto& sent : *input.lifecycle_configuration->rules) {
    KILN_S3_ASK(LifecycleRule rule, rule_of(sent, service.random));
    lifecycle.rules.push_back(std::move(rule));
  }
  if (input.transition_default_minimum_object_size)
    lifecycle.transition_minimum = *input.transition_default_minimum_object_size;
  KILN_S3_CHECK(check_lifecycle(lifecycle));
  KILN_S3_CHECK(
      co_await set_config(service, bucket, std::string(kLifecycleConfig), encode(lifecycle)));
  Model::Output output;
  output.transition_default_minimum_object_size = lifecycle.transition_minimum;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kPutBucketLifecycleConfiguration{authorize, handle};

}  // namespace kiln::s3
