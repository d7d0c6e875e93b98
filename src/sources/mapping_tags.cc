// SPDX-License-Identifier: Apache-2.0
#include "sources/mapping_tags.h"

#include "aws/arn.h"

#include <utility>

namespace kiln::sources {
namespace {

struct Name {
  std::string account, region, uuid;
};

// Of "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:<uuid>".
Name name_of(std::string_view arn) {
  auto parsed = aws::parse_arn(arn);
  if (!parsed) return {};
  return {.account = std::move(parsed->account),
          .region = std::move(parsed->region),
          .uuid = parsed->resource.substr(parsed->resource.find(':') + 1)};
}

}  // namespace

Task<aws::ApiResult<lambda::Tags>> MappingTags::tags(std::string arn) {
  Name name = name_of(arn);
  auto find = mappings_.find(std::move(name.account), std::move(name.region), std::move(name.uuid));
  KILN_API_TRY(auto mapping, "sources", co_await std::move(find));
  if (!mapping) co_return aws::fail(no_such_mapping());
  co_return std::move(mapping->tags);
}

Task<aws::ApiResult<void>> MappingTags::change_tags(std::string arn, Change change) {
  Name name = name_of(arn);
  auto update = mappings_.update(std::move(name.account), std::move(name.region),
                                 std::move(name.uuid), [&change](Mapping& mapping) {
                                   change(mapping.tags);
                                   return lambda::check_tags(mapping.tags);
                                 });
  auto updated = co_await std::move(update);
  if (!updated) co_return aws::fail(std::move(updated.error()));
  co_return aws::ApiResult<void>();
}

}  // namespace kiln::sources
