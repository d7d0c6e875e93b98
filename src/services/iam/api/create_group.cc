// SPDX-License-Identifier: Apache-2.0
// CreateGroup: a group without members or permissions.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html
#include "gen/iam/create_group.h"

#include "iam/unique_id.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::CreateGroup;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading = load<Groups>(service.store, context.account, *input.group_name);
  KILN_CO_TRY(const auto existing, co_await std::move(loading));
  if (existing) co_return refuse<Op>(already_exists(Groups::kWord, *input.group_name));
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  if (++summary.record.groups > kMaxGroups) {
    co_return refuse<Op>(quota_exceeded("GroupsPerAccount", kMaxGroups));
  }
  iam::GroupRecord group;
  group.name = *input.group_name;
  group.path = input.path.value_or("/");
  group.id = iam::unique_id("AGPA", context.account, service.random);
  group.created = whole_seconds(context.now);
  const auto key = iam::keys::group(context.account, group.name);
  const auto count_key = iam::keys::summary(context.account);
  store::Batch batch;
  batch.check_absent(key).check(count_key, summary.version);
  batch.put(key, iam::encode(group)).put(count_key, iam::encode(summary.record));
  batch.put(iam::keys::name_of_id(context.account, group.id), iam::keys::fold(group.name));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  Op::Output output;
  output.group = group_view(context, group);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:CreateGroup", "arn:aws:iam::" + context.account + ":group" +
                                 input.path.value_or("/") + input.group_name.value_or("")};
}

}  // namespace

extern const aws::Operation<Op, Service> kCreateGroup{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
