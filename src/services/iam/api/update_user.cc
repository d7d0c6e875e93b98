// SPDX-License-Identifier: Apache-2.0
// UpdateUser: another name or path. The id, keys, policies and groups stay.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html
#include "gen/iam/update_user.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UpdateUser;

// What is keyed by the user's name or holds it moves with it.
void move_rows(const RequestContext& context, const iam::UserRecord& before,
               const iam::UserRecord& after, store::Batch& batch) {
  const std::string value = encode(PolicyUser{after.name, after.id, after.path});
  const auto move_use = [&](std::string_view table, const std::string& arn) {
    batch.erase(iam::keys::use(context.account, table, arn, before.name));
    batch.put(iam::keys::use(context.account, table, arn, after.name), value);
  };
  for (const auto& arn : after.attached) move_use(Users::kAttached, arn);
  if (!after.permissions_boundary.empty()) move_use(Users::kBounded, after.permissions_boundary);
  for (const auto& group : after.groups) {
    batch.erase(iam::keys::member(context.account, group, before.name));
    batch.put(iam::keys::member(context.account, group, after.name), "");
  }
  batch.erase(iam::keys::user(context.account, before.name));
}

// The user's keys know its name, so that a request needs one row.
Task<Status> rename_keys(Service& service, const RequestContext& context,
                         const iam::UserRecord& user, store::Batch& batch) {
  auto scanning = scan_keys(service.store, context.account, user.id);
  KILN_CO_TRY(const auto ids, co_await std::move(scanning));
  for (const auto& id : ids) {
    auto loading = load_access_key(service.store, id);
    KILN_CO_TRY(auto key, co_await std::move(loading));
    if (!key) continue;
    key->record.user_name = user.name;
    key->record.user_path = user.path;
    batch.check(iam::keys::access_key(id), key->version);
    batch.put(iam::keys::access_key(id), iam::encode(key->record));
  }
  co_return Status{};
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading = load<Users>(service.store, context.account, *input.user_name);
  KILN_CO_TRY(auto user, co_await std::move(loading));
  if (!user) co_return refuse<Op>(no_such(Users::kWord, *input.user_name));
  const iam::UserRecord before = user->record;
  auto& record = user->record;
  if (input.new_path) record.path = *input.new_path;
  if (input.new_user_name) record.name = *input.new_user_name;
  const auto key = iam::keys::user(context.account, record.name);
  store::Batch batch;
  batch.check(iam::keys::user(context.account, before.name), user->version);
  move_rows(context, before, record, batch);
  if (iam::keys::fold(before.name) != iam::keys::fold(record.name)) {
    auto finding = load<Users>(service.store, context.account, record.name);
    KILN_CO_TRY(const auto other, co_await std::move(finding));
    if (other) co_return refuse<Op>(already_exists(Users::kWord, record.name));
    batch.check_absent(key);
    batch.put(iam::keys::name_of_id(context.account, record.id), iam::keys::fold(record.name));
  }
  batch.put(key, iam::encode(record));
  auto renaming = rename_keys(service, context, record, batch);
  KILN_CO_TRY_VOID(co_await std::move(renaming));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Users>(context, "iam:UpdateUser", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kUpdateUser{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
