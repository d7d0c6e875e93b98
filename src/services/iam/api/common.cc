// SPDX-License-Identifier: Apache-2.0
#include "services/iam/api/common.h"

#include "aws/arn.h"
#include "base/encoding.h"
#include "iam/keys.h"
#include "iam/managed_policies.h"

#include <algorithm>

namespace kiln::iam_api {

using namespace gen::iam;

ApiError no_such(std::string_view word, std::string_view name) {
  if (word == InstanceProfiles::kWord) {
    return no_such_entity_exception("Instance Profile " + std::string(name) + " cannot be found.");
  }
  return no_such_entity_exception("The " + std::string(word) + " with name " + std::string(name) +
                                  " cannot be found.");
}
ApiError no_such_inline(std::string_view word, std::string_view policy) {
  return no_such(std::string(word) + " policy", policy);
}
ApiError no_such_access_key(std::string_view id) {
  return no_such_entity_exception("The Access Key with id " + std::string(id) +
                                  " cannot be found.");
}
ApiError already_exists(std::string_view word, std::string_view name) {
  if (word == InstanceProfiles::kWord) {
    return entity_already_exists_exception("Instance Profile " + std::string(name) +
                                           " already exists.");
  }
  std::string message(word);
  message.front() = static_cast<char>(message.front() - 'a' + 'A');
  return entity_already_exists_exception(message + " with name " + std::string(name) +
                                         " already exists.");
}
ApiError delete_conflict(std::string_view what_first) {
  return delete_conflict_exception("Cannot delete entity, must " + std::string(what_first) +
                                   " first.");
}
ApiError protected_role(std::string_view name) {
  return unmodifiable_entity_exception("Cannot perform the operation on the protected role '" +
                                       std::string(name) +
                                       "' - this role is only modifiable by AWS");
}
ApiError no_such_policy(std::string_view arn) {
  return no_such_entity_exception("Policy " + std::string(arn) + " was not found.");
}
ApiError policy_not_attachable(std::string_view arn) {
  return no_such_entity_exception("Policy " + std::string(arn) +
                                  " does not exist or is not attachable.");
}
ApiError no_such_policy_version(std::string_view arn, std::string_view version) {
  return no_such_entity_exception("Policy " + std::string(arn) + " version " +
                                  std::string(version) + " does not exist or is not attachable.");
}
ApiError quota_exceeded(std::string_view name, std::size_t limit) {
  return limit_exceeded_exception("Cannot exceed quota for " + std::string(name) + ": " +
                                  std::to_string(limit));
}
ApiError validation_error(std::string message) {
  ApiError error;
  error.code = "ValidationError";
  error.message = std::move(message);
  return error;
}
ApiError not_authorized(const RequestContext& context, std::string_view action,
                        std::string_view resource) {
  ApiError error;
  error.code = "AccessDenied";
  error.http_status = 403;
  error.message = "User: " + context.principal.arn +
                  " is not authorized to perform: " + std::string(action) +
                  " on resource: policy " + std::string(resource);
  return error;
}

ApiResult<void> check_document(std::string_view text, iam::PolicyKind kind) {
  if (auto fault = iam::policy_fault(text, kind)) {
    return aws::fail(malformed_policy_document_exception(std::move(*fault)));
  }
  return {};
}

std::string url_encoded(std::string_view document) { return percent_encode(document); }

Timestamp whole_seconds(Timestamp time) { return {time.ms - (time.ms % 1000 + 1000) % 1000}; }

std::vector<Tag> tags_view(const iam::Tags& tags) {
  std::vector<Tag> out;
  for (const auto& [key, value] : tags) out.push_back({key, value});
  return out;
}

Role role_summary(const RequestContext& context, const iam::RoleRecord& role) {
  Role out;
  out.path = role.path;
  out.role_name = role.name;
  out.role_id = role.id;
  out.arn = role.arn(context.account);
  out.create_date = role.created;
  out.assume_role_policy_document = url_encoded(role.trust_policy);
  if (!role.description.empty()) out.description = role.description;
  out.max_session_duration = static_cast<std::int32_t>(role.max_session_seconds);
  return out;
}

Role role_view(const RequestContext& context, const iam::RoleRecord& role) {
  Role out = role_summary(context, role);
  if (!role.tags.empty()) out.tags = tags_view(role.tags);
  if (!role.permissions_boundary.empty()) {
    out.permissions_boundary = AttachedPermissionsBoundary{"Policy", role.permissions_boundary};
  }
  out.role_last_used.emplace();
  return out;
}

User user_summary(const RequestContext& context, const iam::UserRecord& user) {
  User out;
  out.path = user.path;
  out.user_name = user.name;
  out.user_id = user.id;
  out.arn = user.arn(context.account);
  out.create_date = user.created;
  return out;
}

User user_view(const RequestContext& context, const iam::UserRecord& user) {
  User out = user_summary(context, user);
  if (!user.tags.empty()) out.tags = tags_view(user.tags);
  if (!user.permissions_boundary.empty()) {
    out.permissions_boundary = AttachedPermissionsBoundary{"Policy", user.permissions_boundary};
  }
  return out;
}

Group group_view(const RequestContext& context, const iam::GroupRecord& group) {
  Group out;
  out.path = group.path;
  out.group_name = group.name;
  out.group_id = group.id;
  out.arn = group.arn(context.account);
  out.create_date = group.created;
  return out;
}

Policy policy_view(std::string_view account, const iam::PolicyRecord& policy, UseCounts counts) {
  Policy out;
  out.policy_name = policy.name;
  out.policy_id = policy.id;
  out.arn = policy.arn(account);
  out.path = policy.path;
  out.default_version_id = "v" + std::to_string(policy.default_version);
  out.attachment_count = static_cast<std::int32_t>(counts.attachments);
  out.permissions_boundary_usage_count = static_cast<std::int32_t>(counts.boundaries);
  out.is_attachable = true;
  out.create_date = policy.created;
  out.update_date = policy.updated;
  return out;
}

PolicyVersion version_view(const iam::PolicyRecord& policy,
                           const iam::PolicyRecord::Version& version) {
  PolicyVersion out;
  out.version_id = "v" + std::to_string(version.number);
  out.is_default_version = version.number == policy.default_version;
  out.create_date = version.created;
  return out;
}

ApiResult<PolicyArn> parse_policy_arn(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  if (!arn || arn->partition != "aws" || arn->service != "iam" || !arn->region.empty() ||
      (arn->account != "aws" && !aws::is_account_id(arn->account)) ||
      !arn->resource.starts_with("policy/") || arn->resource.ends_with('/')) {
    return aws::fail(validation_error("ARN " + std::string(text) + " is not valid."));
  }
  const std::string_view rest = std::string_view(arn->resource).substr(6);
  const auto slash = rest.rfind('/');
  return PolicyArn{arn->account, std::string(rest.substr(0, slash + 1)),
                   std::string(rest.substr(slash + 1))};
}

Task<Result<std::optional<FoundPolicy>>> find_policy(store::Store& store, std::string account,
                                                     PolicyArn arn, std::string text) {
  FoundPolicy out;
  if (arn.account == "aws") {
    const auto* managed = iam::find_managed_policy(text);
    if (!managed) co_return std::nullopt;
    out.account = "aws";
    out.managed_document = managed->document;
    out.record.name = managed->name;
    out.record.path = managed->path;
    out.record.id = managed->id();
    out.record.description = managed->description;
    out.record.created = out.record.updated = iam::kManagedPolicyDate;
    out.record.default_version = out.record.last_version = managed->default_version;
    out.record.versions = {{managed->default_version, iam::kManagedPolicyDate}};
    co_return std::move(out);
  }
  if (arn.account != account) co_return std::nullopt;
  auto loading = load_policy(store, account, arn.name);
  KILN_CO_TRY(auto loaded, co_await std::move(loading));
  if (!loaded || loaded->record.arn(account) != text) co_return std::nullopt;
  out.account = std::move(account);
  out.record = std::move(loaded->record);
  out.version = std::move(loaded->version);
  co_return std::move(out);
}

Task<Result<UseCounts>> uses_of(store::Store& store, std::string account,
                                const FoundPolicy& policy) {
  if (policy.version) {
    co_return UseCounts{policy.record.attachments, policy.record.boundaries};
  }
  auto counting = count_uses(store, std::move(account), policy.record.arn(policy.account));
  co_return co_await std::move(counting);
}

std::int64_t version_number(std::string_view id) {
  if (id.size() < 2 || id.size() > 10 || id.front() != 'v') return 0;
  std::int64_t number = 0;
  for (const char c : id.substr(1)) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + (c - '0');
  }
  return number;
}

ApiResult<iam::Tags> make_tags(const std::optional<std::vector<Tag>>& tags) {
  iam::Tags out;
  if (!tags) return out;
  if (tags->size() > kMaxTags) {
    return aws::fail(
        validation_error("1 validation error detected: Value at 'tags' failed to satisfy "
                         "constraint: Member must have length less than or equal to 50"));
  }
  for (const auto& tag : *tags) {
    const std::string key = iam::keys::fold(tag.key.value_or(""));
    if (key.starts_with("aws:")) {
      return aws::fail(invalid_input_exception(
          "Tag keys that begin with 'aws:' are reserved for system use: " + *tag.key));
    }
    for (const auto& [other, value] : out) {
      if (iam::keys::fold(other) == key) {
        return aws::fail(invalid_input_exception(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."));
      }
    }
    out.emplace_back(tag.key.value_or(""), tag.value.value_or(""));
  }
  return out;
}

ApiResult<void> merge_tags(iam::Tags& into, const iam::Tags& added) {
  for (const auto& [key, value] : added) {
    const auto same = [&key](const auto& tag) {
      return iam::keys::fold(tag.first) == iam::keys::fold(key);
    };
    if (const auto at = std::ranges::find_if(into, same); at != into.end()) {
      *at = {key, value};
    } else {
      into.emplace_back(key, value);
    }
  }
  if (into.size() <= kMaxTags) return {};
  return aws::fail(limit_exceeded_exception("The number of tags has reached the maximum limit."));
}

void remove_tags(iam::Tags& from, const std::vector<std::string>& keys) {
  for (const auto& key : keys) {
    std::erase_if(from, [&key](const auto& tag) {
      return iam::keys::fold(tag.first) == iam::keys::fold(key);
    });
  }
}

Authorization on_entity(const RequestContext& context, std::string_view word,
                        std::string_view action, const std::optional<std::string>& name) {
  return {std::string(action),
          "arn:aws:iam::" + context.account + ':' + std::string(word) + '/' + name.value_or("")};
}

Authorization on_user_or_caller(const RequestContext& context, std::string_view action,
                                const std::optional<std::string>& user_name) {
  if (user_name) return on<Users>(context, action, user_name);
  return {std::string(action), context.principal.arn};
}

bool about_root(const RequestContext& context, const std::optional<std::string>& user_name) {
  return !user_name && context.principal.kind == aws::Principal::Kind::kRoot;
}

ApiResult<std::string> user_or_caller(const RequestContext& context,
                                      const std::optional<std::string>& user_name) {
  if (user_name) return *user_name;
  if (context.principal.kind != aws::Principal::Kind::kUser) {
    return aws::fail(
        validation_error("Must specify userName when calling with non-User credentials"));
  }
  return context.principal.arn.substr(context.principal.arn.rfind('/') + 1);
}

Authorization on_policy(std::string_view action, const std::optional<std::string>& policy_arn) {
  return {std::string(action), policy_arn.value_or(""), {}};
}

void add_tag_keys(Authorization& authorization, const std::optional<std::vector<Tag>>& tags) {
  if (!tags) return;
  for (const auto& tag : *tags) {
    authorization.condition_keys()["aws:RequestTag/" + tag.key.value_or("")] = {
        tag.value.value_or("")};
    authorization.condition_keys()["aws:TagKeys"].push_back(tag.key.value_or(""));
  }
}

ApiResult<PageRequest> page_request(const std::optional<std::string>& marker,
                                    const std::optional<std::int32_t>& max_items) {
  PageRequest out;
  if (max_items) out.limit = static_cast<std::size_t>(std::clamp(*max_items, 1, 1'000));
  if (marker) {
    auto name = base64_decode(*marker);
    if (!name || name->empty()) return aws::fail(validation_error("Invalid Marker."));
    out.after = std::move(*name);
  }
  return out;
}

std::string marker_after(std::string_view name) { return base64_encode(name); }

}  // namespace kiln::iam_api
