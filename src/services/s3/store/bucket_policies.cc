// SPDX-License-Identifier: Apache-2.0
#include "services/s3/store/bucket_policies.h"

#include "services/s3/model/acl.h"

#include <boost/json.hpp>

#include <algorithm>

namespace kiln::s3 {
namespace {

namespace json = boost::json;

constexpr std::string_view kArnStart = "arn:aws:s3:::";

const json::value* member(const json::value& value, std::string_view name) {
  const auto* object = value.if_object();
  return object ? object->if_contains(name) : nullptr;
}

template <class F>
bool any_text(const json::value& value, F holds) {
  if (const auto* text = value.if_string()) return holds(std::string_view(*text));
  const auto* list = value.if_array();
  return list && std::ranges::any_of(*list, [&](const json::value& item) {
           const auto* text = item.if_string();
           return text && holds(std::string_view(*text));
         });
}

template <class F>
bool all_texts(const json::value& value, F holds) {
  if (const auto* text = value.if_string()) return holds(std::string_view(*text));
  const auto* list = value.if_array();
  return list && !list->empty() && std::ranges::all_of(*list, [&](const json::value& item) {
           const auto* text = item.if_string();
           return text && holds(std::string_view(*text));
         });
}

std::optional<json::value> parse(std::string_view text) {
  boost::system::error_code error;
  auto value = json::parse(text, error, {}, {.max_depth = 16});
  if (error || !value.is_object()) return std::nullopt;
  return value;
}

bool is_public(const json::value& statement) {
  const auto* effect = member(statement, "Effect");
  if (!effect || !effect->is_string() || effect->get_string() != "Allow") return false;
  if (member(statement, "Condition")) return false;
  if (member(statement, "NotPrincipal")) return true;
  const auto* principal = member(statement, "Principal");
  if (!principal) return false;
  const auto everybody = [](std::string_view text) { return text == "*"; };
  if (any_text(*principal, everybody)) return true;
  const auto* aws = member(*principal, "AWS");
  return aws && any_text(*aws, everybody);
}

// A policy has one statement or a list of them.
std::vector<json::value> statements_of(const json::value& policy) {
  const auto* statement = member(policy, "Statement");
  if (!statement) return {};
  if (const auto* list = statement->if_array()) return {list->begin(), list->end()};
  return {*statement};
}

std::optional<std::string> statement_fault(const json::value& statement, std::string_view bucket) {
  if (!statement.is_object()) return "Policies must be valid JSON and the first byte must be '{'";
  const auto* effect = member(statement, "Effect");
  if (!effect || !effect->is_string()) return "Missing required field Effect";
  if (effect->get_string() != "Allow" && effect->get_string() != "Deny")
    return "Invalid effect : " + std::string(effect->get_string());
  if (!member(statement, "Principal") && !member(statement, "NotPrincipal"))
    return "Missing required field Principal";
  const auto* action = member(statement, "Action");
  if (!action) action = member(statement, "NotAction");
  if (!action) return "Missing required field Action";
  if (!all_texts(*action, [](std::string_view text) {
        return text == "*" || text.starts_with("s3:") || text.starts_with("S3:");
      }))
    return "Policy has invalid action";
  const auto* resource = member(statement, "Resource");
  if (!resource) resource = member(statement, "NotResource");
  if (!resource) return "Missing required field Resource";
  if (!all_texts(*resource, [bucket](std::string_view text) {
        if (text == "*") return true;
        if (!text.starts_with(kArnStart)) return false;
        text.remove_prefix(kArnStart.size());
        const std::string_view name = text.substr(0, text.find('/'));
        return name == bucket || name.find_first_of("*?$") != std::string_view::npos;
      }))
    return "Policy has invalid resource";
  return std::nullopt;
}

}  // namespace

std::string encode_public_access(const PublicAccessBlock& block) {
  std::string out;
  for (const bool flag : {block.block_acls, block.ignore_acls, block.block_policy, block.restrict})
    out.push_back(flag ? 't' : 'f');
  return out;
}

std::optional<PublicAccessBlock> public_access_of(const BucketState& bucket) {
  const std::string* stored = bucket.config("public-access");
  if (!stored || stored->size() < 4) return std::nullopt;
  return PublicAccessBlock{.block_acls = (*stored)[0] == 't',
                           .ignore_acls = (*stored)[1] == 't',
                           .block_policy = (*stored)[2] == 't',
                           .restrict = (*stored)[3] == 't'};
}

bool blocks(const BucketState& bucket, PublicAccess what) {
  const auto block = public_access_of(bucket);
  return block && (what == PublicAccess::kBlockPolicy ? block->block_policy : block->restrict);
}

bool acls_enabled(const BucketState& bucket) {
  const std::string* ownership = bucket.config("ownership");
  return !ownership || *ownership != "BucketOwnerEnforced";
}

std::optional<std::string> bucket_policy_fault(std::string_view policy, std::string_view bucket) {
  const auto parsed = parse(policy);
  if (!parsed) return "Policies must be valid JSON and the first byte must be '{'";
  const auto* version = member(*parsed, "Version");
  if (version && (!version->is_string() ||
                  (version->get_string() != "2012-10-17" && version->get_string() != "2008-10-17")))
    return "The policy must contain a valid version string";
  const auto statements = statements_of(*parsed);
  if (statements.empty()) return "Missing required field Statement";
  for (const auto& statement : statements)
    if (auto fault = statement_fault(statement, bucket)) return fault;
  return std::nullopt;
}

bool is_public_policy(std::string_view policy) {
  const auto parsed = parse(policy);
  return parsed && std::ranges::any_of(statements_of(*parsed), is_public);
}

std::string without_public_statements(std::string_view policy) {
  auto parsed = parse(policy);
  if (!parsed) return {};
  json::array kept;
  for (auto& statement : statements_of(*parsed))
    if (!is_public(statement)) kept.push_back(std::move(statement));
  if (kept.empty()) return {};
  parsed->get_object()["Statement"] = std::move(kept);
  return json::serialize(*parsed);
}

Task<Result<std::optional<iam::ResourcePolicy>>> BucketPolicies::find(std::string action,
                                                                      std::string resource_arn) {
  std::optional<iam::ResourcePolicy> out;
  std::string_view name = resource_arn;
  if (!name.starts_with(kArnStart)) co_return out;
  name.remove_prefix(kArnStart.size());
  name = name.substr(0, name.find('/'));
  auto finding = buckets_.find(std::string(name));
  KILN_CO_TRY(const BucketPtr bucket, co_await std::move(finding));
  if (!bucket) co_return out;
  out.emplace().owner = bucket->bucket.account;
  if (const std::string* policy = bucket->config("policy")) {
    out->policy =
        blocks(*bucket, PublicAccess::kRestrict) ? without_public_statements(*policy) : *policy;
  }
  if (acls_enabled(*bucket)) {
    auto granting = with_grants(bucket, std::move(out->policy), std::move(action), resource_arn);
    KILN_CO_TRY(out->policy, co_await std::move(granting));
  }
  co_return out;
}

// Grants to the bucket's own account add nothing to what its identity policies say.
Task<Result<std::string>> BucketPolicies::with_grants(BucketPtr bucket, std::string policy,
                                                      std::string action, std::string arn) {
  const auto block = public_access_of(*bucket);
  const std::string& owner = bucket->bucket.account;
  const auto effective = [&](std::string_view stored) -> Result<AclGrants> {
    KILN_TRY(AclGrants grants, decode_grants(stored));
    std::erase_if(grants, [&owner](const AclGrant& grant) {
      return grant.grantee == AclGrant::Grantee::kAccount && grant.account == owner;
    });
    if (block && block->ignore_acls) grants = without_public(std::move(grants));
    return grants;
  };
  if (const std::string* acl = bucket->config(std::string(kAclConfig))) {
    KILN_CO_TRY(const AclGrants grants, effective(*acl));
    policy = with_bucket_grants(std::move(policy), grants, bucket->bucket.name);
  }
  const auto slash = arn.find('/');
  const bool of_object =
      action == "s3:getobject" || action == "s3:getobjectacl" || action == "s3:putobjectacl";
  if (!of_object || slash == std::string::npos) co_return policy;
  auto finding = objects_.find(bucket, arn.substr(slash + 1), std::nullopt);
  const auto version = co_await std::move(finding);
  if (!version) co_return policy;
  AclGrants grants;
  if (!version->about.acl.empty()) {
    KILN_CO_TRY(grants, effective(version->about.acl));
  }
  if (version->owner != owner) {
    grants.push_back({.grantee = AclGrant::Grantee::kAccount,
                      .account = version->owner,
                      .permission = "FULL_CONTROL"});
  }
  co_return with_object_grants(std::move(policy), grants, arn);
}

}  // namespace kiln::s3
