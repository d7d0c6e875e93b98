// SPDX-License-Identifier: Apache-2.0
// DeleteUser: refused while keys, policies or groups hang on it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
#include "gen/iam/delete_user.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteUser;

ApiResult<void> decide(const iam::UserRecord& user, bool has_keys) {
  if (!user.groups.empty()) return aws::fail(delete_conflict("remove users from group"));
  if (has_keys) return aws::fail(delete_conflict("delete access keys"));
  if (!user.attached.empty()) return aws::fail(delete_conflict("detach all policies"));
  if (!user.inlines.empty()) return aws::fail(delete_conflict("delete policies"));
  return {};
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading = load<Users>(service.store, context.account, *input.user_name);
  KILN_CO_TRY(const auto user, co_await std::move(loading));
  if (!user) co_return refuse<Op>(no_such(Users::kWord, *input.user_name));
  const auto& record = user->record;
  auto scanning = scan_keys(service.store, context.account, record.id);
  KILN_CO_TRY(const auto keys, co_await std::move(scanning));
  if (auto good = decide(record, !keys.empty()); !good) {
    co_return refuse<Op>(std::move(good.error()));
  }
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  --summary.record.users;
  const auto key = iam::keys::user(context.account, record.name);
  const auto count_key = iam::keys::summary(context.account);
  store::Batch batch;
  batch.check(key, user->version).check(count_key, summary.version);
  batch.erase(key).put(count_key, iam::encode(summary.record));
  batch.erase(iam::keys::name_of_id(context.account, record.id));
  auto releasing = release_boundary(service, context, Users::kBounded, record, batch);
  KILN_CO_TRY_VOID(co_await std::move(releasing));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Users>(context, "iam:DeleteUser", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteUser{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
