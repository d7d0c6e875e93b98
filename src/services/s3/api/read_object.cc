// SPDX-License-Identifier: Apache-2.0
#include "services/s3/api/read_object.h"

#include <algorithm>

namespace kiln::s3 {
namespace {

aws::ApiError no_such_part() {
  return {"InvalidPartNumber", 416, "The requested partnumber is not satisfiable", {}, {}};
}

// Where part `number` lies. A version that was put at once has one part.
Task<aws::ApiResult<void>> find_part(Service& service, BucketPtr bucket, std::int32_t number,
                                     Selection& selection) {
  const Version& version = selection.version;
  if (number < 1 || number > 10'000) {
    co_return aws::fail(
        invalid_argument("Part number must be an integer between 1 and 10000, inclusive",
                         "partNumber", std::to_string(number)));
  }
  if (version.parts == 0) {
    if (number != 1) co_return aws::fail(no_such_part());
    selection.part.emplace();
    selection.size = version.size;
    selection.partial = version.size > 0;
    co_return aws::ApiResult<void>();
  }
  KILN_S3_TRY(const auto parts, co_await service.objects.parts(bucket, version));
  for (const Part& part : parts) {
    if (part.number == number) {
      selection.part = part;
      selection.size = part.bytes.size;
      selection.partial = part.bytes.size > 0;
      co_return aws::ApiResult<void>();
    }
    selection.offset += part.bytes.size;
  }
  co_return aws::fail(no_such_part());
}

aws::ApiResult<void> choose_range(const Text& range, Selection& selection) {
  const std::uint64_t size = selection.version.size;
  selection.size = size;
  if (!range) return {};
  auto chosen = parse_range(*range, size);
  if (!chosen) return aws::fail(std::move(chosen.error()));
  if (!*chosen) return {};
  selection.offset = (*chosen)->first;
  selection.size = (*chosen)->last - (*chosen)->first + 1;
  selection.partial = true;
  return {};
}

}  // namespace

Task<aws::ApiResult<Selection>> select_version(Service& service, BucketPtr bucket,
                                               SelectionRequest request) {
  if (request.range && request.part_number) {
    co_return aws::fail(
        invalid_request("Cannot specify both Range header and partNumber query parameter"));
  }
  Selection selection;
  if (request.part_number || !request.with_body) {
    auto finding = service.objects.find(bucket, request.key, request.version_id);
    KILN_S3_ASK(selection.version, co_await std::move(finding));
    KILN_S3_CHECK(check_read(request.conditions, selection.version));
    if (!request.part_number) {
      KILN_S3_CHECK(choose_range(request.range, selection));
      co_return selection;
    }
    auto locating = find_part(service, bucket, *request.part_number, selection);
    KILN_S3_CHECK(co_await std::move(locating));
    if (!request.with_body) co_return selection;
  }
  // Looked up with the bytes, so that both are of one version.
  auto opening =
      service.objects.open(bucket, request.key, request.version_id,
                           [&](const Version& version) -> aws::ApiResult<Objects::Stretch> {
                             if (request.part_number && version.id == selection.version.id)
                               return Objects::Stretch{selection.offset, selection.size};
                             if (auto ok = check_read(request.conditions, version); !ok)
                               return aws::fail(std::move(ok.error()));
                             selection = {};
                             selection.version = version;
                             if (auto ok = choose_range(request.range, selection); !ok)
                               return aws::fail(std::move(ok.error()));
                             return Objects::Stretch{selection.offset, selection.size};
                           });
  KILN_S3_ASK(auto opened, co_await std::move(opening));
  selection.version = std::move(opened.version);
  selection.body = std::move(opened.body);
  co_return selection;
}

}  // namespace kiln::s3
