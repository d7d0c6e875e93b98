// SPDX-License-Identifier: Apache-2.0
#include "iam/store_role_directory.h"

#include "aws/arn.h"
#include "iam/keys.h"
#include "iam/policy_document.h"
#include "iam/records.h"

namespace kiln::iam {

std::optional<RoleArn> parse_role_arn(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  if (!arn || !arn->partition.starts_with("aws") || arn->service != "iam" || !arn->region.empty() ||
      !aws::is_account_id(arn->account) || !arn->resource.starts_with("role/")) {
    return std::nullopt;
  }
  const std::string_view rest = std::string_view(arn->resource).substr(4);
  const auto slash = rest.rfind('/');
  RoleArn out{arn->account, std::string(rest.substr(0, slash + 1)),
              std::string(rest.substr(slash + 1))};
  if (out.name.empty() || out.name.size() > 64) return std::nullopt;
  constexpr std::string_view kOther = "_+=,.@-";
  for (const char c : out.name) {
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!alphanumeric && kOther.find(c) == std::string_view::npos) return std::nullopt;
  }
  return out;
}

StoreRoleDirectory::StoreRoleDirectory(store::Store& store, Executor& home, bool any_role)
    : store_(store), any_role_(any_role) {
  watch_ = store_.watch(keys::all(), home, [this] {
    ++generation_;
    cache_.clear();
  });
}

Task<Result<std::optional<RoleInfo>>> StoreRoleDirectory::find_role(std::string role_arn) {
  const auto parsed = parse_role_arn(role_arn);
  if (!parsed) co_return std::nullopt;
  if (const auto* cached = cache_.find(role_arn)) co_return *cached;
  const auto generation = generation_;
  auto reading = store_.read(keys::role(parsed->account, parsed->name));
  KILN_CO_TRY(const auto entry, co_await std::move(reading));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(auto record, decode_role(entry->value));
  // An ARN is exact: path and case count, although names are unique without case.
  if (record.arn(parsed->account) != role_arn) co_return std::nullopt;
  RoleInfo info{role_arn, std::move(record.id), std::move(record.trust_policy)};
  if (generation == generation_) cache_.put(std::move(role_arn), info);
  co_return std::move(info);
}

Task<Result<PassRoleAnswer>> StoreRoleDirectory::can_pass_to(std::string role_arn,
                                                             std::string service) {
  if (!parse_role_arn(role_arn)) co_return PassRoleAnswer::kNotFound;
  if (any_role_) co_return PassRoleAnswer::kOk;
  auto finding = find_role(std::move(role_arn));
  KILN_CO_TRY(const auto role, co_await std::move(finding));
  if (!role) co_return PassRoleAnswer::kNotFound;
  co_return trusts_service(role->assume_role_policy, service) ? PassRoleAnswer::kOk
                                                              : PassRoleAnswer::kNotTrusted;
}

}  // namespace kiln::iam
