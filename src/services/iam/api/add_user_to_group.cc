// SPDX-License-Identifier: Apache-2.0
// AddUserToGroup: makes a user a member of a group. Repeating it changes nothing.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html
#include "gen/iam/add_user_to_group.h"

#include "services/iam/api/common.h"

#include <algorithm>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::AddUserToGroup;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto finding = load<Groups>(service.store, context.account, *input.group_name);
  KILN_CO_TRY(const auto group, co_await std::move(finding));
  if (!group) co_return refuse<Op>(no_such(Groups::kWord, *input.group_name));
  auto loading = load<Users>(service.store, context.account, *input.user_name);
  KILN_CO_TRY(auto user, co_await std::move(loading));
  if (!user) co_return refuse<Op>(no_such(Users::kWord, *input.user_name));
  auto& groups = user->record.groups;
  const auto& id = group->record.id;
  if (std::ranges::find(groups, id) != groups.end()) co_return Op::Output{};
  if (groups.size() >= kMaxGroupsPerUser) {
    co_return refuse<Op>(quota_exceeded("GroupsPerUser", kMaxGroupsPerUser));
  }
  groups.push_back(id);
  const auto user_key = iam::keys::user(context.account, user->record.name);
  const auto group_key = iam::keys::group(context.account, group->record.name);
  store::Batch batch;
  batch.check(user_key, user->version).put(user_key, iam::encode(user->record));
  // The group's row is written although it stays the same, so that DeleteGroup cannot race.
  batch.check(group_key, group->version).put(group_key, iam::encode(group->record));
  batch.put(iam::keys::member(context.account, id, user->record.name), "");
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Groups>(context, "iam:AddUserToGroup", input.group_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kAddUserToGroup{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
