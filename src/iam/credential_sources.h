// SPDX-License-Identifier: Apache-2.0
#pragma once
// The two credential sources of architecture D8, and the keys a server makes at its first start.
//
// Threads: each source belongs to `home`; store, tokens and home outlive it.

#include "async/executor.h"
#include "base/random.h"
#include "iam/credentials.h"
#include "iam/lru_cache.h"
#include "store/store.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace kiln::iam {

// `kiln serve`: long-term keys are rows in the store, temporary ones are opened from their token
// and good while their role or user is there with the same id. Keys that everybody knows (test, 12
// digits, AWS's documentation key) are never rows, so refused.
class StoreCredentialSource : public CredentialSource {
 public:
  static constexpr std::size_t kCachedKeys = 4'096;
  StoreCredentialSource(store::Store& store, const SessionTokens& tokens, Executor& home);
  Task<std::expected<Credential, CredentialFailure>> find(std::string access_key_id,
                                                          std::string session_token,
                                                          Timestamp now) override;

 protected:
  // With `any_role`, sessions of roles that do not exist are good under their stand-in id.
  StoreCredentialSource(store::Store& store, const SessionTokens& tokens, Executor& home,
                        bool any_role);

 private:
  Task<std::expected<Credential, CredentialFailure>> find_stored(std::string access_key_id);
  Task<std::expected<Credential, CredentialFailure>> find_session(std::string access_key_id,
                                                                  std::string session_token,
                                                                  Timestamp now);
  // The id of the role that has this ARN, the ARN of the user that has this id; empty when there
  // is none.
  Task<Result<std::string>> role_id_of(std::string role_arn);
  Task<Result<std::string>> user_arn_of(std::string account, std::string user_id);

  store::Store& store_;
  const SessionTokens& tokens_;
  bool any_role_;
  LruCache<Credential> cache_{kCachedKeys};
  LruCache<std::string> owners_{kCachedKeys};  // role ARN -> role id, user id -> user ARN
  // Counts invalidations, so that a read which began before one is not cached after it.
  std::uint64_t generation_ = 0;
  std::unique_ptr<store::Watch> watch_;
};

// `kiln dev`: also accepts `test` as the default account and any 12 digits as that account, both as
// its root and with the secret "test". Everything else as StoreCredentialSource.
class DevCredentialSource final : public StoreCredentialSource {
 public:
  DevCredentialSource(store::Store& store, const SessionTokens& tokens, Executor& home)
      : StoreCredentialSource(store, tokens, home, true) {}
  Task<std::expected<Credential, CredentialFailure>> find(std::string access_key_id,
                                                          std::string session_token,
                                                          Timestamp now) override;
};

struct AccessKey {
  std::string access_key_id;
  std::string secret_access_key;
};

// True for access keys that are printed in documentation and tools and must never open a server.
bool is_well_known_key(std::string_view access_key_id);

// Makes the administrator's key (the account's root) unless one was made before; answers it only
// then: the secret is shown once.
Task<Result<std::optional<AccessKey>>> ensure_administrator_key(store::Store& store, Random& random,
                                                                std::string account, Timestamp now);
// The key that ensure_administrator_key made; nullopt when there is none or it was deleted.
Task<Result<std::optional<AccessKey>>> find_administrator_key(store::Store& store);
// A further root key of `account`, for operators' tools.
Task<Result<AccessKey>> create_root_key(store::Store& store, Random& random, std::string account,
                                        Timestamp now);
// The 32 bytes that seal session tokens; made at the first start, shared by all nodes.
Task<Result<std::string>> load_or_create_server_key(store::Store& store, Random& random);

}  // namespace kiln::iam
