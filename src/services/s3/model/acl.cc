// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/acl.h"

#include "base/fields.h"
#include "services/s3/model/errors.h"
#include "services/s3/model/names.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace kiln::s3 {
namespace {

namespace json = boost::json;
using Grantee = AclGrant::Grantee;

constexpr std::size_t kMaxGrants = 100;

struct Group {
  Grantee grantee;
  std::string_view uri;
};
constexpr std::array<Group, 3> kGroups = {{
    {Grantee::kEverybody, "http://acs.amazonaws.com/groups/global/AllUsers"},
    {Grantee::kAuthenticated, "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"},
    {Grantee::kLogDelivery, "http://acs.amazonaws.com/groups/s3/LogDelivery"},
}};

// What a permission lets its grantee do.
std::vector<std::string_view> actions_of(std::string_view permission, bool of_bucket,
                                         bool on_objects) {
  const bool all = permission == "FULL_CONTROL";
  std::vector<std::string_view> out;
  if (on_objects) {
    if (of_bucket) {
      if (all || permission == "WRITE") out.push_back("s3:PutObject");
      return out;
    }
    if (all || permission == "READ") out.push_back("s3:GetObject");
    if (all || permission == "READ_ACP") out.push_back("s3:GetObjectAcl");
    if (all || permission == "WRITE_ACP") out.push_back("s3:PutObjectAcl");
    return out;
  }
  if (all || permission == "READ")
    out.insert(out.end(),
               {"s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"});
  if (all || permission == "READ_ACP") out.push_back("s3:GetBucketAcl");
  if (all || permission == "WRITE_ACP") out.push_back("s3:PutBucketAcl");
  return out;
}

void add_statement(json::array& out, const AclGrant& grant,
                   const std::vector<std::string_view>& actions, std::string_view resource) {
  // Log delivery does not happen here.
  if (actions.empty() || grant.grantee == Grantee::kLogDelivery) return;
  json::object statement{{"Effect", "Allow"}, {"Resource", resource}};
  json::array list;
  for (const auto action : actions) list.emplace_back(action);
  statement["Action"] = std::move(list);
  if (grant.grantee == Grantee::kAccount) {
    statement["Principal"] = {{"AWS", grant.account}};
  } else {
    statement["Principal"] = "*";
  }
  if (grant.grantee == Grantee::kAuthenticated)
    statement["Condition"] = {{"StringNotEquals", {{"aws:PrincipalType", "Anonymous"}}}};
  out.push_back(std::move(statement));
}

std::string with_statements(std::string policy, json::array more) {
  if (more.empty()) return policy;
  json::object document{{"Version", "2012-10-17"}};
  json::array statements;
  if (!policy.empty()) {
    boost::system::error_code error;
    auto parsed = json::parse(policy, error, {}, {.max_depth = 16});
    // What can not be read denies everything, and stays so.
    if (error || !parsed.is_object()) return policy;
    document = std::move(parsed.get_object());
    auto& old = document["Statement"];
    if (old.is_array()) {
      statements = std::move(old.get_array());
    } else {
      statements.push_back(std::move(old));
    }
  }
  for (auto& statement : more) statements.push_back(std::move(statement));
  document["Statement"] = std::move(statements);
  return json::serialize(document);
}

aws::ApiError invalid_id(std::string_view id) {
  return invalid_argument("Invalid id", "CanonicalUser/ID", id);
}

AclGrant to(Grantee grantee, std::string_view permission) {
  return {.grantee = grantee, .account = {}, .permission = std::string(permission)};
}
AclGrant to(const std::string& account, std::string_view permission) {
  return {.grantee = Grantee::kAccount, .account = account, .permission = std::string(permission)};
}

}  // namespace

std::string encode(const AclGrants& grants) {
  FieldWriter out;
  out.number(static_cast<std::int64_t>(grants.size()));
  for (const AclGrant& grant : grants) {
    out.number(static_cast<std::int64_t>(grant.grantee));
    out.text(grant.account).text(grant.permission);
  }
  return out.bytes();
}

Result<AclGrants> decode_grants(std::string_view bytes) {
  FieldReader in(bytes);
  AclGrants out;
  for (auto left = in.number(); left > 0 && in.status(); --left) {
    AclGrant grant;
    grant.grantee = static_cast<Grantee>(in.number());
    grant.account = in.text();
    grant.permission = in.text();
    out.push_back(std::move(grant));
  }
  KILN_TRY_VOID(in.status());
  return out;
}

aws::ApiResult<AclGrants> canned_grants(std::string_view name, const AclOwners& owners,
                                        bool of_bucket) {
  AclGrants out{to(owners.owner, "FULL_CONTROL")};
  if (name == "private" || name == "aws-exec-read") return out;
  if (name == "public-read" || name == "public-read-write") {
    out.push_back(to(Grantee::kEverybody, "READ"));
    if (name == "public-read-write") out.push_back(to(Grantee::kEverybody, "WRITE"));
    return out;
  }
  if (name == "authenticated-read") {
    out.push_back(to(Grantee::kAuthenticated, "READ"));
    return out;
  }
  if (name == "log-delivery-write" && of_bucket) {
    out.push_back(to(Grantee::kLogDelivery, "WRITE"));
    out.push_back(to(Grantee::kLogDelivery, "READ_ACP"));
    return out;
  }
  // S3 takes these for buckets too, and makes nothing of them.
  if (name == "bucket-owner-read" || name == "bucket-owner-full-control") {
    if (!of_bucket && owners.bucket != owners.owner)
      out.push_back(to(owners.bucket, name == "bucket-owner-read" ? "READ" : "FULL_CONTROL"));
    return out;
  }
  return aws::fail(invalid_argument("Invalid canned ACL", "x-amz-acl", name));
}

aws::ApiResult<AclGrant> account_grant(std::string_view id, std::string_view permission,
                                       const AclOwners& owners) {
  for (const std::string* account : {&owners.owner, &owners.bucket, &owners.caller})
    if (!account->empty() && canonical_id(*account) == id) return to(*account, permission);
  return aws::fail(invalid_id(id));
}

aws::ApiResult<AclGrant> group_grant(std::string_view uri, std::string_view permission) {
  const auto found = std::ranges::find(kGroups, uri, &Group::uri);
  if (found == kGroups.end()) return aws::fail(invalid_argument("Invalid group uri", "uri", uri));
  return to(found->grantee, permission);
}

aws::ApiResult<AclGrants> parse_grants(std::string_view header, std::string_view permission,
                                       const AclOwners& owners) {
  AclGrants out;
  while (!header.empty()) {
    std::string_view part = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), part.size() + 1));
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    const auto equals = part.find('=');
    if (equals == std::string_view::npos)
      return aws::fail(invalid_argument("Argument format not recognized", "x-amz-grant", part));
    std::string_view value = part.substr(equals + 1);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
      value = value.substr(1, value.size() - 2);
    const std::string_view kind = part.substr(0, equals);
    aws::ApiResult<AclGrant> grant =
        aws::fail(invalid_argument("Argument format not recognized", "x-amz-grant", part));
    if (kind == "id") grant = account_grant(value, permission, owners);
    if (kind == "uri") grant = group_grant(value, permission);
    if (kind == "emailAddress") grant = aws::fail(not_implemented("emailAddress"));
    if (!grant) return aws::fail(std::move(grant.error()));
    if (out.size() == kMaxGrants)
      return aws::fail({"MalformedACLError", 400, "Too many grants", {}, {}});
    out.push_back(std::move(*grant));
  }
  return out;
}

bool is_permission(std::string_view text, bool of_bucket) {
  return text == "FULL_CONTROL" || text == "READ" || text == "READ_ACP" || text == "WRITE_ACP" ||
         (of_bucket && text == "WRITE");
}

std::string_view group_uri(Grantee grantee) {
  const auto found = std::ranges::find(kGroups, grantee, &Group::grantee);
  return found == kGroups.end() ? std::string_view() : found->uri;
}

bool is_public_acl(const AclGrants& grants) {
  return std::ranges::any_of(grants, [](const AclGrant& grant) {
    return grant.grantee == Grantee::kEverybody || grant.grantee == Grantee::kAuthenticated;
  });
}

AclGrants without_public(AclGrants grants) {
  std::erase_if(grants, [](const AclGrant& grant) {
    return grant.grantee == Grantee::kEverybody || grant.grantee == Grantee::kAuthenticated;
  });
  return grants;
}

std::string with_bucket_grants(std::string policy, const AclGrants& grants,
                               std::string_view bucket) {
  json::array more;
  const std::string arn = bucket_arn(bucket);
  for (const AclGrant& grant : grants) {
    add_statement(more, grant, actions_of(grant.permission, true, false), arn);
    add_statement(more, grant, actions_of(grant.permission, true, true), arn + "/*");
  }
  return with_statements(std::move(policy), std::move(more));
}

// The key may hold what patterns take for wildcards and variables, so it is not named: the caller
// asks about this one object.
std::string with_object_grants(std::string policy, const AclGrants& grants,
                               std::string_view object_arn) {
  json::array more;
  const std::string any = std::string(object_arn.substr(0, object_arn.find('/'))) + "/*";
  for (const AclGrant& grant : grants)
    add_statement(more, grant, actions_of(grant.permission, false, true), any);
  return with_statements(std::move(policy), std::move(more));
}

}  // namespace kiln::s3
