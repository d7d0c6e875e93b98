// SPDX-License-Identifier: Apache-2.0
// GetBucketLifecycleConfiguration: answers the rules by which objects end.
#include "gen/s3/get_bucket_lifecycle_configuration.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/api/tagging.h"
#include "services/s3/model/lifecycle.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketLifecycleConfiguration;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetLifecycleConfiguration", input.bucket);
}

void show_filter(const LifecycleFilter& filter, gen::s3::LifecycleRule& out) {
  if (filter.form == LifecycleFilter::Form::kRulePrefix) {
    out.prefix = filter.prefix;
    return;
  }
  auto& shown = out.filter.emplace();
  if (filter.form == LifecycleFilter::Form::kAnd) {
    auto& both = shown.and_.emplace();
    both.prefix = filter.prefix;
    both.object_size_greater_than = filter.larger_than;
    both.object_size_less_than = filter.smaller_than;
    if (!filter.tags.empty()) both.tags = shown_tags(filter.tags);
    return;
  }
  shown.prefix = filter.prefix;
  shown.object_size_greater_than = filter.larger_than;
  shown.object_size_less_than = filter.smaller_than;
  if (!filter.tags.empty()) shown.tag = shown_tags(filter.tags).front();
}

void show_transitions(const LifecycleRule& rule, gen::s3::LifecycleRule& out) {
  for (const auto& transition : rule.transitions) {
    if (!out.transitions) out.transitions.emplace();
    auto& shown = out.transitions->emplace_back();
    shown.days = transition.days;
    shown.date = transition.date;
    shown.storage_class = transition.storage_class;
  }
  for (const auto& transition : rule.noncurrent_transitions) {
    if (!out.noncurrent_version_transitions) out.noncurrent_version_transitions.emplace();
    auto& shown = out.noncurrent_version_transitions->emplace_back();
    shown.noncurrent_days = transition.days;
    shown.newer_noncurrent_versions = transition.newer;
    shown.storage_class = transition.storage_class;
  }
}

gen::s3::LifecycleRule show(const LifecycleRule& rule) {
  gen::s3::LifecycleRule out;
  out.id = rule.id;
  out.status = rule.enabled ? "Enabled" : "Disabled";
  show_filter(rule.filter, out);
  if (rule.days || rule.date || rule.expired_markers.has_value()) {
    auto& expiration = out.expiration.emplace();
    expiration.days = rule.days;
    expiration.date = rule.date;
    expiration.expired_object_delete_marker = rule.expired_markers;
  }
  if (rule.noncurrent_days) {
    auto& noncurrent = out.noncurrent_version_expiration.emplace();
    noncurrent.noncurrent_days = rule.noncurrent_days;
    noncurrent.newer_noncurrent_versions = rule.newer_noncurrent;
  }
  if (rule.abort_days)
    out.abort_incomplete_multipart_upload.emplace().days_after_initiation = rule.abort_days;
  show_transitions(rule, out);
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const std::string* stored = bucket->config(std::string(kLifecycleConfig));
  if (!stored) {
    co_return aws::fail(no_config("NoSuchLifecycleConfiguration",
                                  "The lifecycle configuration does not exist", *bucket));
  }
  KILN_S3_TRY(const Lifecycle lifecycle, decode_lifecycle(*stored));
  Model::Output output;
  output.rules.emplace();
  for (const LifecycleRule& rule : lifecycle.rules) output.rules->push_back(show(rule));
  output.transition_default_minimum_object_size = lifecycle.transition_minimum;
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketLifecycleConfiguration{authorize, handle};

}  // namespace kiln::s3
