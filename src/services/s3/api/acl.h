// SPDX-License-Identifier: Apache-2.0
#pragma once
// Access control lists as requests send them and answers show them.

#include "gen/s3/types.h"
#include "services/s3/api/common.h"
#include "services/s3/model/acl.h"
#include "services/s3/model/names.h"
#include "services/s3/store/bucket_policies.h"

#include <optional>
#include <string>
#include <vector>

namespace kiln::s3 {

// The ACL of a request: a canned name, grants by headers, or a document.
struct SentAcl {
  Text canned;
  std::vector<std::pair<std::string, std::string>> headers;  // permission, header
  const gen::s3::AccessControlPolicy* document = nullptr;

  bool empty() const { return !canned && headers.empty() && document == nullptr; }
};
template <class Input>
SentAcl sent_acl(const Input& input) {
  SentAcl out{.canned = input.acl, .headers = {}, .document = nullptr};
  const auto add = [&out](const char* permission, const Text& header) {
    if (header) out.headers.emplace_back(permission, *header);
  };
  add("FULL_CONTROL", input.grant_full_control);
  add("READ", input.grant_read);
  add("READ_ACP", input.grant_read_acp);
  add("WRITE_ACP", input.grant_write_acp);
  if constexpr (requires { input.grant_write; }) add("WRITE", input.grant_write);
  if constexpr (requires { input.access_control_policy; }) {
    if (input.access_control_policy) out.document = &*input.access_control_policy;
  }
  return out;
}

// AccessControlListNotSupported while the bucket's ACLs are off.
aws::ApiError acls_are_off();
// The grants of what was sent. AccessDenied for public ones where those are blocked.
aws::ApiResult<AclGrants> grants_of(const SentAcl& sent, const BucketState& bucket,
                                    const AclOwners& owners, bool of_bucket);
// The same before there is a bucket.
aws::ApiResult<AclGrants> read_grants(const SentAcl& sent, const AclOwners& owners, bool of_bucket);

std::vector<gen::s3::Grant> shown_grants(const AclGrants& grants);
// An ACL as it is stored; empty stands for the owner's full control alone.
AclGrants stored_grants(const std::string* stored, const std::string& owner);

}  // namespace kiln::s3
