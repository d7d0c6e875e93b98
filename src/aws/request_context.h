// SPDX-License-Identifier: Apache-2.0
#pragma once
// RequestContext is what the pipeline knows about one API call before the operation runs.

#include "base/time.h"

#include <cstdint>
#include <map>
#include <string>
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
  // Inline session policies passed to AssumeRole, as JSON texts.
  std::vector<std::string> session_policies;
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
  std::string trace_header;  // X-Amzn-Trace-Id as sent
};

// What an operation asks IAM before it runs: may `principal` do `action` on `resource`?
struct Authorization {
  std::string action;    // "lambda:CreateFunction"; empty: no permission needed (GetCallerIdentity)
  std::string resource;  // full ARN, or "*"
  // Condition keys of this request beside the global ones: "lambda:Layer" -> values.
  std::map<std::string, std::vector<std::string>> condition_keys;
};

}  // namespace kiln::aws
