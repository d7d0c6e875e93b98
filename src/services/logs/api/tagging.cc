// SPDX-License-Identifier: Apache-2.0
#include "services/logs/api/tagging.h"

#include "gen/logs/errors.h"

#include <utility>

namespace kiln::logs {

Task<aws::ApiResult<bool>> add_tags(Service& service, GroupName group, Tags tags,
                                    std::string missing) {
  bool too_many = false;
  const auto change = [&](Group& g) {
    Tags merged = tags;
    merged.insert(g.tags.begin(), g.tags.end());
    too_many = merged.size() > kMaxTags;
    if (!too_many) g.tags = std::move(merged);
  };
  const std::string arn = group_arn(group);
  KILN_API_TRY(const bool found, kRoom,
               co_await service.catalog.update_group(std::move(group), change));
  if (!found) co_return aws::fail(gen::logs::resource_not_found_exception(std::move(missing)));
  if (too_many) {
    auto error = gen::logs::too_many_tags_exception("A resource can have no more than 50 tags.");
    error.fields.emplace_back("resourceName", arn);
    co_return aws::fail(std::move(error));
  }
  co_return true;
}

Task<aws::ApiResult<bool>> remove_tags(Service& service, GroupName group,
                                       std::vector<std::string> names, std::string missing) {
  const auto change = [&](Group& g) {
    for (const std::string& name : names) g.tags.erase(name);
  };
  KILN_API_TRY(const bool found, kRoom,
               co_await service.catalog.update_group(std::move(group), change));
  if (!found) co_return aws::fail(gen::logs::resource_not_found_exception(std::move(missing)));
  co_return true;
}

Task<aws::ApiResult<Tags>> list_tags(Service& service, GroupName group, std::string missing) {
  KILN_API_TRY(auto found, kRoom, co_await service.catalog.find_group(std::move(group)));
  if (!found) co_return aws::fail(gen::logs::resource_not_found_exception(std::move(missing)));
  co_return std::move(found->tags);
}

}  // namespace kiln::logs
