// SPDX-License-Identifier: Apache-2.0
// DeleteGroup: refused while it has members or policies.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html
#include "gen/iam/delete_group.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteGroup;

ApiResult<void> decide(const iam::GroupRecord& group, bool has_members) {
  if (has_members) return aws::fail(delete_conflict("remove users from group"));
  if (!group.attached.empty()) return aws::fail(delete_conflict("detach all policies"));
  if (!group.inlines.empty()) return aws::fail(delete_conflict("delete policies"));
  return {};
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading = load<Groups>(service.store, context.account, *input.group_name);
  KILN_CO_TRY(const auto group, co_await std::move(loading));
  if (!group) co_return refuse<Op>(no_such(Groups::kWord, *input.group_name));
  const auto& record = group->record;
  auto scanning = scan_members(service.store, context.account, record.id, {}, 1);
  KILN_CO_TRY(const auto members, co_await std::move(scanning));
  if (auto good = decide(record, !members.empty()); !good) {
    co_return refuse<Op>(std::move(good.error()));
  }
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  --summary.record.groups;
  const auto key = iam::keys::group(context.account, record.name);
  const auto count_key = iam::keys::summary(context.account);
  store::Batch batch;
  batch.check(key, group->version).check(count_key, summary.version);
  batch.erase(key).put(count_key, iam::encode(summary.record));
  batch.erase(iam::keys::name_of_id(context.account, record.id));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Groups>(context, "iam:DeleteGroup", input.group_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteGroup{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
