// SPDX-License-Identifier: Apache-2.0
#include "services/s3/api/bucket_config.h"

namespace kiln::s3 {

Task<aws::ApiResult<void>> set_config(Service& service, BucketPtr bucket, std::string kind,
                                      std::optional<std::string> value) {
  if (value && value->size() > store::kMaxValueBytes)
    co_return aws::fail(
        {"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size", {}, {}});
  auto updating = service.buckets.update(bucket->bucket.name,
                                         [&](Bucket&, Configs& configs) -> aws::ApiResult<void> {
                                           if (value) {
                                             configs[kind] = *value;
                                           } else {
                                             configs.erase(kind);
                                           }
                                           return {};
                                         });
  co_return co_await std::move(updating);
}

aws::ApiError no_config(std::string code, std::string message, const BucketState& bucket) {
  return {std::move(code), 404, std::move(message), {{"BucketName", bucket.bucket.name}}, {}};
}

}  // namespace kiln::s3
