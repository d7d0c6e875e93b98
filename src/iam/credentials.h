// SPDX-License-Identifier: Apache-2.0
#pragma once
// Credentials: from an access key id (and session token) to a secret and a principal.
//
// Long-term keys are rows in the store; temporary ones (AssumeRole, function roles) are sealed into
// their own session token, so issuing and checking them touches no disk (D4) and any node can do
// it.

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::iam {

struct TemporaryCredentials {
  std::string access_key_id;  // "ASIA" and 16 of A-Z2-7
  std::string secret_access_key;
  std::string session_token;
  Timestamp expiration;
};

// Whose session it is: a role's, or with an empty role_arn a user's or root's (GetSessionToken).
struct SessionClaims {
  std::string account;
  std::string role_arn;  // with path
  std::string role_id;   // AROA...
  std::string session_name;
  std::vector<std::string> session_policies;             // JSON texts
  std::vector<std::string> session_policy_arns = {};     // of managed policies
  std::string user_id = {};                              // AIDA...; empty for root
  std::map<std::string, std::string> session_tags = {};  // aws:PrincipalTag
  std::vector<std::string> transitive_tag_keys = {};
  std::string source_identity = {};
  Timestamp issued = {};
};

// Seals and opens session tokens with the server's 32-byte key. Pure but for `random`.
class SessionTokens {
 public:
  SessionTokens(std::string key, Random& random) : key_(std::move(key)), random_(random) {}
  TemporaryCredentials issue(const SessionClaims& claims, Timestamp expiration) const;

  struct Opened {
    SessionClaims claims;
    std::string access_key_id;
    std::string secret_access_key;
    Timestamp expiration;
  };
  // kInvalidArgument when the token is not ours or was changed. Does not check expiration.
  Result<Opened> open(std::string_view token) const;

 private:
  std::string key_;
  Random& random_;
};

struct Credential {
  std::string secret_access_key;
  aws::Principal principal;
};

enum class CredentialFailure : std::uint8_t { kUnknownKey, kBadToken, kExpired };

// Where the pipeline looks keys up. Bounded cache; answers without the disk when warm.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  // `session_token` is empty when none was sent.
  virtual Task<std::expected<Credential, CredentialFailure>> find(std::string access_key_id,
                                                                  std::string session_token,
                                                                  Timestamp now) = 0;
};

}  // namespace kiln::iam
