// SPDX-License-Identifier: Apache-2.0
#include "services/s3/code_objects.h"

#include "services/s3/api/common.h"

namespace kiln::s3 {

Task<aws::ApiResult<std::string>> CodeObjects::fetch(aws::RequestContext context,
                                                     lambda::CodeObject object,
                                                     std::uint64_t max_bytes) {
  Text version;
  if (!object.version.empty()) version = object.version;
  auto asking = service_.authorizer.check(
      context, on_version("s3:GetObject", object.bucket, object.key, version));
  KILN_S3_CHECK(co_await std::move(asking));
  KILN_S3_ASK(const BucketPtr bucket, co_await bucket_of(service_, object.bucket, std::nullopt));
  auto opening = service_.objects.open(
      bucket, object.key, version,
      [max_bytes](const Version& found) -> aws::ApiResult<Objects::Stretch> {
        if (found.size > max_bytes) {
          return aws::fail({std::string(lambda::kEntityTooLarge),
                            400,
                            "Your proposed upload exceeds the maximum allowed size",
                            {},
                            {}});
        }
        return Objects::Stretch{0, found.size};
      });
  KILN_S3_ASK(auto opened, co_await std::move(opening));
  auto reading = aws::read_all(std::move(opened.body), max_bytes);
  KILN_S3_TRY(std::string bytes, co_await std::move(reading));
  co_return bytes;
}

}  // namespace kiln::s3
