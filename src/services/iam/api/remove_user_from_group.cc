// SPDX-License-Identifier: Apache-2.0
// RemoveUserFromGroup: ends a membership; a user who is no member is left as it is.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveUserFromGroup.html
#include "gen/iam/remove_user_from_group.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::RemoveUserFromGroup;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto finding = load<Groups>(service.store, context.account, *input.group_name);
  KILN_CO_TRY(const auto group, co_await std::move(finding));
  if (!group) co_return refuse<Op>(no_such(Groups::kWord, *input.group_name));
  auto loading = load<Users>(service.store, context.account, *input.user_name);
  KILN_CO_TRY(auto user, co_await std::move(loading));
  if (!user) co_return refuse<Op>(no_such(Users::kWord, *input.user_name));
  auto& groups = user->record.groups;
  const auto& id = group->record.id;
  if (std::erase(groups, id) == 0) co_return Op::Output{};
  const auto user_key = iam::keys::user(context.account, user->record.name);
  store::Batch batch;
  batch.check(user_key, user->version).put(user_key, iam::encode(user->record));
  batch.erase(iam::keys::member(context.account, id, user->record.name));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Groups>(context, "iam:RemoveUserFromGroup", input.group_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kRemoveUserFromGroup{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
