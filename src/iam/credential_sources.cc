// SPDX-License-Identifier: Apache-2.0
#include "iam/credential_sources.h"

#include "aws/arn.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/product.h"
#include "iam/keys.h"
#include "iam/records.h"
#include "iam/store_role_directory.h"
#include "iam/unique_id.h"

#include <array>

namespace kiln::iam {
namespace {

using Found = std::expected<Credential, CredentialFailure>;
using Kind = aws::Principal::Kind;

constexpr std::string_view kDevSecret = "test";

aws::Principal root_principal(std::string_view account, std::string_view access_key_id) {
  aws::Principal p;
  p.kind = Kind::kRoot;
  p.account = account;
  p.arn = "arn:aws:iam::" + std::string(account) + ":root";
  p.user_id = account;
  p.access_key_id = access_key_id;
  return p;
}

Credential credential_of(const AccessKeyRecord& record, std::string_view access_key_id) {
  auto principal = root_principal(record.account, access_key_id);
  if (!record.user_name.empty()) {
    principal.kind = Kind::kUser;
    principal.arn =
        "arn:aws:iam::" + record.account + ":user" + record.user_path + record.user_name;
    principal.user_id = record.user_id;
  }
  return {record.secret, std::move(principal)};
}

// The session's ARN drops the role's path. `user_arn` is that of a user's session, else empty.
aws::Principal session_principal(const SessionTokens::Opened& session, std::string user_arn) {
  const auto& claims = session.claims;
  auto p = root_principal(claims.account, session.access_key_id);
  if (!claims.role_arn.empty()) {
    p.kind = Kind::kAssumedRole;
    const auto role = claims.role_arn.substr(claims.role_arn.rfind('/') + 1);
    p.arn = "arn:aws:sts::" + claims.account + ":assumed-role/" + role + '/' + claims.session_name;
    p.user_id = claims.role_id + ':' + claims.session_name;
    p.role_arn = claims.role_arn;
  } else if (!claims.user_id.empty()) {
    p.kind = Kind::kUser;
    p.arn = std::move(user_arn);
    p.user_id = claims.user_id;
  }
  p.session_policies = claims.session_policies;
  p.session_policy_arns = claims.session_policy_arns;
  p.session_tags = claims.session_tags;
  p.transitive_tag_keys = claims.transitive_tag_keys;
  p.source_identity = claims.source_identity;
  p.token_issued = claims.issued;
  return p;
}

std::pair<AccessKey, AccessKeyRecord> make_root_key(Random& random, std::string_view account,
                                                    Timestamp now) {
  AccessKey key{unique_id("AKIA", account, random), secret_access_key(random)};
  AccessKeyRecord record;
  record.account = account;
  record.secret = key.secret_access_key;
  record.created = now;
  return {std::move(key), std::move(record)};
}

void put_root_key(store::Batch& batch, const AccessKey& key, const AccessKeyRecord& record) {
  batch.put(keys::access_key(key.access_key_id), encode(record));
  batch.put(keys::key_of(record.account, record.account, key.access_key_id), "");
}

}  // namespace

bool is_well_known_key(std::string_view access_key_id) {
  constexpr std::array<std::string_view, 6> kKnown = {
      "test",        "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE", "ASIAIOSFODNN7EXAMPLE",
      "AKIDEXAMPLE", "LKIAQAAAAAAAAAAAAAAA"};
  if (aws::is_account_id(access_key_id)) return true;
  for (const auto known : kKnown) {
    if (known == access_key_id) return true;
  }
  return false;
}

StoreCredentialSource::StoreCredentialSource(store::Store& store, const SessionTokens& tokens,
                                             Executor& home)
    : StoreCredentialSource(store, tokens, home, false) {}

StoreCredentialSource::StoreCredentialSource(store::Store& store, const SessionTokens& tokens,
                                             Executor& home, bool any_role)
    : store_(store), tokens_(tokens), any_role_(any_role) {
  watch_ = store_.watch(keys::all(), home, [this] {
    ++generation_;
    cache_.clear();
    owners_.clear();
  });
}

Task<Found> StoreCredentialSource::find(std::string access_key_id, std::string session_token,
                                        Timestamp now) {
  if (!session_token.empty()) {
    auto opening = find_session(std::move(access_key_id), std::move(session_token), now);
    co_return co_await std::move(opening);
  }
  if (const auto* cached = cache_.find(access_key_id)) co_return *cached;
  if (access_key_id.size() < 16 || access_key_id.size() > 128 || is_well_known_key(access_key_id)) {
    co_return std::unexpected(CredentialFailure::kUnknownKey);
  }
  auto stored = find_stored(std::move(access_key_id));
  co_return co_await std::move(stored);
}

Task<Found> StoreCredentialSource::find_stored(std::string access_key_id) {
  const auto generation = generation_;
  auto reading = store_.read(keys::access_key(access_key_id));
  auto entry = co_await std::move(reading);
  if (!entry) {
    log::error("iam", "read access key: " + entry.error().message);
    co_return std::unexpected(CredentialFailure::kUnknownKey);
  }
  if (!*entry) co_return std::unexpected(CredentialFailure::kUnknownKey);
  const auto record = decode_access_key((*entry)->value);
  if (!record) {
    log::error("iam", record.error().message);
    co_return std::unexpected(CredentialFailure::kUnknownKey);
  }
  if (!record->active) co_return std::unexpected(CredentialFailure::kUnknownKey);
  auto credential = credential_of(*record, access_key_id);
  if (generation == generation_) cache_.put(std::move(access_key_id), credential);
  co_return credential;
}

Task<Found> StoreCredentialSource::find_session(std::string access_key_id,
                                                std::string session_token, Timestamp now) {
  auto session = tokens_.open(session_token);
  if (!session || !constant_time_equal(session->access_key_id, access_key_id)) {
    co_return std::unexpected(CredentialFailure::kBadToken);
  }
  if (session->expiration <= now) co_return std::unexpected(CredentialFailure::kExpired);
  const auto& claims = session->claims;
  Result<std::string> owner;
  if (!claims.role_arn.empty()) {
    if (any_role_ && claims.role_id == stand_in_role_id(claims.role_arn, claims.account)) {
      owner = claims.role_id;
    } else {
      auto reading = role_id_of(claims.role_arn);
      owner = co_await std::move(reading);
      if (owner && *owner != claims.role_id) owner->clear();
    }
  } else if (!claims.user_id.empty()) {
    auto reading = user_arn_of(claims.account, claims.user_id);
    owner = co_await std::move(reading);
  } else {
    owner = claims.account;
  }
  if (!owner) log::error("iam", "read the owner of a session: " + owner.error().message);
  if (!owner || owner->empty()) co_return std::unexpected(CredentialFailure::kBadToken);
  auto principal = session_principal(*session, std::move(*owner));
  co_return Credential{std::move(session->secret_access_key), std::move(principal)};
}

Task<Result<std::string>> StoreCredentialSource::role_id_of(std::string role_arn) {
  if (const auto* cached = owners_.find(role_arn)) co_return *cached;
  const auto arn = parse_role_arn(role_arn);
  if (!arn) co_return std::string();
  const auto generation = generation_;
  auto reading = store_.read(keys::role(arn->account, arn->name));
  KILN_CO_TRY(const auto entry, co_await std::move(reading));
  if (!entry) co_return std::string();
  KILN_CO_TRY(auto role, decode_role(entry->value));
  if (role.arn(arn->account) != role_arn) co_return std::string();
  if (generation == generation_) owners_.put(std::move(role_arn), role.id);
  co_return std::move(role.id);
}

Task<Result<std::string>> StoreCredentialSource::user_arn_of(std::string account,
                                                             std::string user_id) {
  if (const auto* cached = owners_.find(user_id)) co_return *cached;
  const auto generation = generation_;
  auto naming = store_.read(keys::name_of_id(account, user_id));
  KILN_CO_TRY(const auto name, co_await std::move(naming));
  if (!name) co_return std::string();
  auto reading = store_.read(keys::user(account, name->value));
  KILN_CO_TRY(const auto entry, co_await std::move(reading));
  if (!entry) co_return std::string();
  KILN_CO_TRY(const auto user, decode_user(entry->value));
  auto arn = user.arn(account);
  if (generation == generation_) owners_.put(std::move(user_id), arn);
  co_return std::move(arn);
}

Task<Found> DevCredentialSource::find(std::string access_key_id, std::string session_token,
                                      Timestamp now) {
  const bool digits = aws::is_account_id(access_key_id);
  // Tools that insist on a session token send "test" as well.
  if ((digits || access_key_id == "test") && (session_token.empty() || session_token == "test")) {
    const std::string_view account =
        digits ? std::string_view(access_key_id) : product::kDefaultAccount;
    co_return Credential{std::string(kDevSecret), root_principal(account, access_key_id)};
  }
  auto stored =
      StoreCredentialSource::find(std::move(access_key_id), std::move(session_token), now);
  co_return co_await std::move(stored);
}

Task<Result<AccessKey>> create_root_key(store::Store& store, Random& random, std::string account,
                                        Timestamp now) {
  auto [key, record] = make_root_key(random, account, now);
  store::Batch batch;
  batch.check_absent(keys::access_key(key.access_key_id));
  put_root_key(batch, key, record);
  auto committing = store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return std::move(key);
}

Task<Result<std::optional<AccessKey>>> ensure_administrator_key(store::Store& store, Random& random,
                                                                std::string account,
                                                                Timestamp now) {
  auto [key, record] = make_root_key(random, account, now);
  store::Batch batch;
  batch.check_absent(keys::administrator());
  batch.put(keys::administrator(), key.access_key_id);
  put_root_key(batch, key, record);
  auto committing = store.commit(std::move(batch));
  auto committed = co_await std::move(committing);
  if (committed) co_return std::optional(std::move(key));
  if (committed.error().code == ErrorCode::kConflict) co_return std::nullopt;
  co_return std::unexpected(std::move(committed.error()).context("make the administrator's key"));
}

Task<Result<std::optional<AccessKey>>> find_administrator_key(store::Store& store) {
  auto reading = store.read(keys::administrator());
  KILN_CO_TRY(auto id, co_await std::move(reading));
  if (!id) co_return std::nullopt;
  auto reading_key = store.read(keys::access_key(id->value));
  KILN_CO_TRY(auto entry, co_await std::move(reading_key));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(auto record, decode_access_key(entry->value));
  co_return AccessKey{std::move(id->value), std::move(record.secret)};
}

Task<Result<std::string>> load_or_create_server_key(store::Store& store, Random& random) {
  store::Batch batch;
  batch.check_absent(keys::server_key());
  batch.put(keys::server_key(), random.bytes(32));
  auto committing = store.commit(std::move(batch));
  const auto committed = co_await std::move(committing);
  if (!committed && committed.error().code != ErrorCode::kConflict) {
    co_return std::unexpected(committed.error());
  }
  auto reading = store.read(keys::server_key());
  KILN_CO_TRY(auto entry, co_await std::move(reading));
  if (!entry || entry->value.size() != 32) {
    co_return fail(ErrorCode::kInternal, "the stored server key is not 32 bytes");
  }
  co_return std::move(entry->value);
}

}  // namespace kiln::iam
