// SPDX-License-Identifier: Apache-2.0
// PutBucketWebsite: makes a bucket a website (server/s3_website.h).
#include "gen/s3/put_bucket_website.h"

#include "services/s3/api/bucket_config.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/website.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::PutBucketWebsite;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_bucket("s3:PutBucketWebsite", input.bucket);
}

RoutingRule rule_of(const gen::s3::RoutingRule& sent) {
  RoutingRule out;
  out.has_condition = sent.condition.has_value();
  if (sent.condition) {
    out.key_prefix = sent.condition->key_prefix_equals;
    out.error_code = sent.condition->http_error_code_returned_equals;
  }
  if (sent.redirect) {
    out.host = sent.redirect->host_name;
    out.protocol = sent.redirect->protocol;
    out.code = sent.redirect->http_redirect_code;
    out.replace_prefix = sent.redirect->replace_key_prefix_with;
    out.replace_key = sent.redirect->replace_key_with;
  }
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const auto& sent = *input.website_configuration;
  Website website;
  if (sent.index_document) website.index_suffix = sent.index_document->suffix.value_or("");
  if (sent.error_document) website.error_key = sent.error_document->key.value_or("");
  if (sent.redirect_all_requests_to) {
    website.redirect_host = sent.redirect_all_requests_to->host_name.value_or("");
    website.redirect_protocol = sent.redirect_all_requests_to->protocol;
  }
  for (const auto& rule : sent.routing_rules.value_or(std::vector<gen::s3::RoutingRule>()))
    website.rules.push_back(rule_of(rule));
  KILN_S3_CHECK(check_website(website));
  KILN_S3_CHECK(co_await set_config(service, bucket, std::string(kWebsiteConfig), encode(website)));
  co_return Model::Output{};
}

}  // namespace

const aws::Operation<Model, Service> kPutBucketWebsite{authorize, handle};

}  // namespace kiln::s3
