// SPDX-License-Identifier: Apache-2.0
// GetBucketWebsite: answers how a bucket is a website.
#include "gen/s3/get_bucket_website.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/website.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetBucketWebsite;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:GetBucketWebsite", input.bucket);
}

gen::s3::RoutingRule show(const RoutingRule& rule) {
  gen::s3::RoutingRule out;
  if (rule.has_condition) {
    auto& condition = out.condition.emplace();
    condition.key_prefix_equals = rule.key_prefix;
    condition.http_error_code_returned_equals = rule.error_code;
  }
  auto& redirect = out.redirect.emplace();
  redirect.host_name = rule.host;
  redirect.protocol = rule.protocol;
  redirect.http_redirect_code = rule.code;
  redirect.replace_key_prefix_with = rule.replace_prefix;
  redirect.replace_key_with = rule.replace_key;
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const std::string* stored = bucket->config(std::string(kWebsiteConfig));
  if (!stored) {
    co_return aws::fail(no_config("NoSuchWebsiteConfiguration",
                                  "The specified bucket does not have a website configuration",
                                  *bucket));
  }
  KILN_S3_TRY(const Website website, decode_website(*stored));
  Model::Output output;
  if (website.index_suffix) output.index_document.emplace().suffix = website.index_suffix;
  if (website.error_key) output.error_document.emplace().key = website.error_key;
  if (website.redirect_host) {
    auto& all = output.redirect_all_requests_to.emplace();
    all.host_name = website.redirect_host;
    all.protocol = website.redirect_protocol;
  }
  if (!website.rules.empty()) {
    auto& rules = output.routing_rules.emplace();
    for (const RoutingRule& rule : website.rules) rules.push_back(show(rule));
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetBucketWebsite{authorize, handle};

}  // namespace kiln::s3
