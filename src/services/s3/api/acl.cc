// SPDX-License-Identifier: Apache-2.0
#include "services/s3/api/acl.h"

#include <utility>

namespace kiln::s3 {
namespace {

aws::ApiError malformed_acl() {
  return {"MalformedACLError",
          400,
          "The XML you provided was not well-formed or did not validate against our published "
          "schema",
          {},
          {}};
}

aws::ApiResult<AclGrants> read_document(const gen::s3::AccessControlPolicy& document,
                                        const AclOwners& owners, bool of_bucket) {
  AclGrants out;
  if (!document.owner || !document.owner->id) return aws::fail(malformed_acl());
  if (*document.owner->id != canonical_id(owners.owner)) return aws::fail(access_denied());
  if (!document.grants) return out;
  for (const auto& sent : *document.grants) {
    if (!sent.grantee || !sent.permission || !is_permission(*sent.permission, of_bucket))
      return aws::fail(malformed_acl());
    const auto& grantee = *sent.grantee;
    aws::ApiResult<AclGrant> grant = aws::fail(malformed_acl());
    if (grantee.id) grant = account_grant(*grantee.id, *sent.permission, owners);
    if (grantee.uri) grant = group_grant(*grantee.uri, *sent.permission);
    if (grantee.email_address) grant = aws::fail(not_implemented("EmailAddress"));
    if (!grant) return aws::fail(std::move(grant.error()));
    out.push_back(std::move(*grant));
  }
  return out;
}

}  // namespace

aws::ApiError acls_are_off() {
  return {"AccessControlListNotSupported", 400, "The bucket does not allow ACLs", {}, {}};
}

aws::ApiResult<AclGrants> read_grants(const SentAcl& sent, const AclOwners& owners,
                                      bool of_bucket) {
  const int ways = (sent.canned ? 1 : 0) + (sent.headers.empty() ? 0 : 1) + (sent.document ? 1 : 0);
  if (ways > 1) {
    return aws::fail(sent.document
                         ? aws::ApiError{"UnexpectedContent",
                                         400,
                                         "This request does not support content",
                                         {},
                                         {}}
                         : invalid_request("Specifying both Canned ACLs and Header Grants is not "
                                           "allowed"));
  }
  if (sent.document) return read_document(*sent.document, owners, of_bucket);
  if (sent.headers.empty())
    return canned_grants(sent.canned.value_or("private"), owners, of_bucket);
  AclGrants out;
  for (const auto& [permission, header] : sent.headers) {
    auto some = parse_grants(header, permission, owners);
    if (!some) return aws::fail(std::move(some.error()));
    out.insert(out.end(), some->begin(), some->end());
  }
  return out;
}

aws::ApiResult<AclGrants> grants_of(const SentAcl& sent, const BucketState& bucket,
                                    const AclOwners& owners, bool of_bucket) {
  if (!acls_enabled(bucket)) return aws::fail(acls_are_off());
  auto grants = read_grants(sent, owners, of_bucket);
  if (!grants) return grants;
  const auto block = public_access_of(bucket);
  if (block && block->block_acls && is_public_acl(*grants)) return aws::fail(access_denied());
  return grants;
}

std::vector<gen::s3::Grant> shown_grants(const AclGrants& grants) {
  std::vector<gen::s3::Grant> out;
  for (const AclGrant& grant : grants) {
    auto& shown = out.emplace_back();
    auto& grantee = shown.grantee.emplace();
    const auto uri = group_uri(grant.grantee);
    if (uri.empty()) {
      grantee.type = "CanonicalUser";
      grantee.id = canonical_id(grant.account);
    } else {
      grantee.type = "Group";
      grantee.uri = std::string(uri);
    }
    shown.permission = grant.permission;
  }
  return out;
}

AclGrants stored_grants(const std::string* stored, const std::string& owner) {
  if (stored && !stored->empty()) {
    if (auto decoded = decode_grants(*stored)) return std::move(*decoded);
  }
  return {{.grantee = AclGrant::Grantee::kAccount, .account = owner, .permission = "FULL_CONTROL"}};
}

}  // namespace kiln::s3
