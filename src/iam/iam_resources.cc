// SPDX-License-Identifier: Apache-2.0
#include "iam/iam_resources.h"

#include "aws/arn.h"
#include "iam/keys.h"
#include "iam/records.h"

#include <utility>

namespace kiln::iam {
namespace {

// A type of entity: where its records are and how they are read.
struct Kind {
  std::string_view type;
  std::string (*key)(std::string_view account, std::string_view name);
  Result<ResourcePolicy> (*read)(std::string_view account, std::string_view bytes);
};

template <class Record, Result<Record> (*decode)(std::string_view)>
Result<ResourcePolicy> read(std::string_view account, std::string_view bytes) {
  KILN_TRY(const Record record, decode(bytes));
  ResourcePolicy out{.arn = record.arn(account)};
  for (const auto& [name, value] : record.tags) out.tags.emplace(name, value);
  return out;
}

constexpr Kind kKinds[] = {
    {"user", keys::user, read<UserRecord, decode_user>},
    {"group", keys::group, read<GroupRecord, decode_group>},
    {"role", keys::role, read<RoleRecord, decode_role>},
    {"policy", keys::policy, read<PolicyRecord, decode_policy>},
    {"instance-profile", keys::instance_profile,
     read<InstanceProfileRecord, decode_instance_profile>},
};

}  // namespace

Task<Result<std::optional<ResourcePolicy>>> IamResources::find(std::string action,
                                                               std::string resource_arn) {
  if (!action.starts_with("sts:")) {
    auto finding = find_entity(std::move(resource_arn));
    co_return co_await std::move(finding);
  }
  auto finding = roles_.find_role(std::move(resource_arn));
  KILN_CO_TRY(auto role, co_await std::move(finding));
  if (!role) co_return std::nullopt;
  co_return ResourcePolicy{.policy = std::move(role->assume_role_policy), .decides = true};
}

Task<Result<std::optional<ResourcePolicy>>> IamResources::find_entity(std::string resource_arn) {
  const auto arn = aws::parse_arn(resource_arn);
  if (!arn) co_return std::nullopt;
  const std::string_view resource = arn->resource;
  const auto slash = resource.find('/');
  if (slash == std::string_view::npos) co_return std::nullopt;
  const std::string_view name = resource.substr(resource.rfind('/') + 1);
  for (const Kind& kind : kKinds) {
    if (resource.substr(0, slash) != kind.type) continue;
    auto reading = store_.read(kind.key(arn->account, name));
    KILN_CO_TRY(const auto entry, co_await std::move(reading));
    if (!entry) co_return std::nullopt;
    KILN_CO_TRY(ResourcePolicy found, kind.read(arn->account, entry->value));
    co_return std::optional(std::move(found));
  }
  co_return std::nullopt;
}

}  // namespace kiln::iam
