// SPDX-License-Identifier: Apache-2.0
#include "services/iam/api/access_keys.h"

namespace kiln::iam_api {

iam::AccessKeyRecord KeyOwner::blank_key(const RequestContext& context) const {
  iam::AccessKeyRecord key;
  key.account = context.account;
  key.created = whole_seconds(context.now);
  if (!user) return key;
  key.user_name = user->record.name;
  key.user_path = user->record.path;
  key.user_id = user->record.id;
  return key;
}

void KeyOwner::touch(const RequestContext& context, store::Batch& batch) const {
  if (user) {
    const auto key = iam::keys::user(context.account, user->record.name);
    batch.check(key, user->version).put(key, iam::encode(user->record));
  } else {
    const auto key = iam::keys::summary(context.account);
    batch.check(key, summary.version).put(key, iam::encode(summary.record));
  }
}

Task<Result<ApiResult<KeyOwner>>> find_key_owner(Service& service, const RequestContext& context,
                                                 std::optional<std::string> user_name) {
  KeyOwner owner;
  if (about_root(context, user_name)) {
    owner.id = context.account;
    owner.name = "root";
    auto loading = load_summary(service.store, context.account);
    KILN_CO_TRY(owner.summary, co_await std::move(loading));
    co_return ApiResult<KeyOwner>(std::move(owner));
  }
  auto name = user_or_caller(context, user_name);
  if (!name) co_return refused<KeyOwner>(std::move(name.error()));
  auto loading = load<Users>(service.store, context.account, *name);
  KILN_CO_TRY(owner.user, co_await std::move(loading));
  if (!owner.user) co_return refused<KeyOwner>(no_such(Users::kWord, *name));
  owner.id = owner.user->record.id;
  owner.name = owner.user->record.name;
  co_return ApiResult<KeyOwner>(std::move(owner));
}

Task<Result<ApiResult<OwnedKey>>> find_key(Service& service, const RequestContext& context,
                                           std::optional<std::string> user_name, std::string id) {
  auto finding = find_key_owner(service, context, std::move(user_name));
  KILN_CO_TRY(auto owner, co_await std::move(finding));
  if (!owner) co_return refused<OwnedKey>(std::move(owner.error()));
  auto loading = load_access_key(service.store, id);
  KILN_CO_TRY(auto key, co_await std::move(loading));
  const std::string user_id = owner->user ? owner->id : std::string();
  if (!key || key->record.account != context.account || key->record.user_id != user_id) {
    co_return refused<OwnedKey>(no_such_access_key(id));
  }
  co_return ApiResult<OwnedKey>(OwnedKey{std::move(*owner), std::move(*key)});
}

}  // namespace kiln::iam_api
