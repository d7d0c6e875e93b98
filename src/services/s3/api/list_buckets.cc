// SPDX-License-Identifier: Apache-2.0
// ListBuckets: lists the buckets of the caller's account.
#include "gen/s3/list_buckets.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"
#include "services/s3/model/version_id.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::ListBuckets;

constexpr std::int32_t kMaxBuckets = 10'000;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input&) {
  return {"s3:ListAllMyBuckets", "arn:aws:s3:::*"};
}

gen::s3::Bucket shown(const Bucket& bucket, bool region) {
  gen::s3::Bucket out;
  out.name = bucket.name;
  out.creation_date = bucket.created;
  if (region) out.bucket_region = bucket.region;
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  if (context.account.empty()) co_return aws::fail(access_denied());
  const std::int32_t asked = input.max_buckets.value_or(kMaxBuckets);
  if (asked < 1 || asked > kMaxBuckets) {
    co_return aws::fail(
        invalid_argument("Argument max-buckets must be an integer between 1 and 10000",
                         "max-buckets", std::to_string(asked)));
  }
  std::string after;
  if (input.continuation_token) {
    auto token = bytes_of_opaque(*input.continuation_token);
    if (!token)
      co_return aws::fail(invalid_argument("The continuation token provided is incorrect",
                                           "continuation-token", *input.continuation_token));
    after = std::move(*token);
  }
  const auto limit = static_cast<std::size_t>(asked);
  // Only paginated requests name regions.
  const bool paginated =
      input.max_buckets || input.continuation_token || input.prefix || input.bucket_region;
  Model::Output output;
  output.owner.emplace().id = canonical_id(context.account);
  auto& list = output.buckets.emplace();
  if (input.prefix) output.prefix = input.prefix;
  while (list.size() < limit) {
    KILN_S3_TRY(auto buckets,
                co_await service.buckets.list(context.account, input.prefix.value_or(""), after,
                                              limit - list.size() + 1));
    const bool more = buckets.size() == limit - list.size() + 1;
    for (const auto& bucket : buckets) {
      if (list.size() == limit) break;
      after = bucket.name;
      if (input.bucket_region && *input.bucket_region != bucket.region) continue;
      list.push_back(shown(bucket, paginated));
    }
    if (!more) co_return output;
    if (list.size() == limit) output.continuation_token = opaque_text(after);
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kListBuckets{authorize, handle};

}  // namespace kiln::s3
