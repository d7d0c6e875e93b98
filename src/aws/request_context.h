// SPDX-License-Identifier: Apache-2.0
#pragma once
// RequestContext is what the pipeline knows about one API call before the operation runs.

#include "base/time.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace kiln::aws {

// Who calls. Filled by authentication; anonymous when the operation allows unsigned calls.
struct Principal {
  enum class Kind : std::uint8_t {
    kAnonymous,
    kRoot,
    kUser,
    kAssumedRole,
    kFederatedUser,
    kService
  };
  Kind kind = Kind::kAnonymous;
  std::string account;  // 12 digits; empty for anonymous and services
  std::string arn;      // "arn:aws:iam::123456789012:root", "arn:aws:sts::...:assumed-role/R/S"
  std::string user_id;  // AIDA..., "AROA...:session", or the account id for root
  std::string service;  // kService: "s3.amazonaws.com"
  std::string access_key_id;
  // The role's own ARN (with path) for kAssumedRole.
  std::string role_arn;
  // Session policies: inline ones as JSON texts, managed ones by ARN. With any, a session has no
  // more than they allow.
  std::vector<std::string> session_policies;
  std::vector<std::string> session_policy_arns;
  // Session tags; they hide tags of the same name of the role (aws:PrincipalTag).
  std::map<std::string, std::string> session_tags;
  // Keys of session_tags that sessions made from this one inherit.
  std::vector<std::string> transitive_tag_keys;
  std::string source_identity;
  // When temporary credentials were issued; zero for long-term keys (aws:TokenIssueTime).
  Timestamp token_issued;
};

struct RequestContext {
  std::string request_id;  // UUID; x-amzn-RequestId
  std::string service;     // signing name: "lambda", "logs", "iam", "sts"
  std::string operation;   // "CreateFunction"
  std::string account;     // the account whose resources are addressed: the caller's
  std::string region;      // from the credential scope; "us-east-1" for global services
  Principal principal;
  Timestamp now;     // wall clock when the request was authenticated
  std::string host;  // Host header as sent: for URLs that lead back here
  std::string scheme = "http";
  std::string source_ip;
  std::string user_agent;
  std::string referer;
  // How the caller proved itself: s3:authType's values.
  enum class AuthType : std::uint8_t { kNone, kHeader, kQueryString };
  AuthType auth_type = AuthType::kNone;
  std::string trace_header;  // X-Amzn-Trace-Id as sent
};

// One question to IAM: may the principal do `action` on `resource`?
struct Permission {
  std::string action;    // "lambda:CreateFunction"
  std::string resource;  // full ARN, or "*"
  // Condition keys of this request beside the global ones: "lambda:Layer" -> values.
  std::map<std::string, std::vector<std::string>> condition_keys;
};

// What an operation asks IAM before it runs: every permission must be given. Empty: nothing is
// asked (GetCallerIdentity). The first one names the operation in AWS's denial; further ones are
// those it depends on (iam:PassRole).
struct Authorization {
  Authorization() = default;
  Authorization(std::string action, std::string resource,
                std::map<std::string, std::vector<std::string>> condition_keys = {}) {
    permissions.push_back({std::move(action), std::move(resource), std::move(condition_keys)});
  }
  std::vector<Permission> permissions;

  // REQUIRES: a permission was given.
  std::map<std::string, std::vector<std::string>>& condition_keys() {
    return permissions.front().condition_keys;
  }
  Authorization& also(Permission permission) {
    permissions.push_back(std::move(permission));
    return *this;
  }
};

}  // namespace kiln::aws
