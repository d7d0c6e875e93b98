// SPDX-License-Identifier: Apache-2.0
// UpdateGroup: another name or path. The id, members and policies stay.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html
#include "gen/iam/update_group.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UpdateGroup;

void move_rows(const RequestContext& context, const iam::GroupRecord& before,
               const iam::GroupRecord& after, store::Batch& batch) {
  const std::string value = encode(PolicyUser{after.name, after.id, after.path});
  for (const auto& arn : after.attached) {
    batch.erase(iam::keys::use(context.account, Groups::kAttached, arn, before.name));
    batch.put(iam::keys::use(context.account, Groups::kAttached, arn, after.name), value);
  }
  batch.erase(iam::keys::group(context.account, before.name));
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading = load<Groups>(service.store, context.account, *input.group_name);
  KILN_CO_TRY(auto group, co_await std::move(loading));
  if (!group) co_return refuse<Op>(no_such(Groups::kWord, *input.group_name));
  const iam::GroupRecord before = group->record;
  auto& record = group->record;
  if (input.new_path) record.path = *input.new_path;
  if (input.new_group_name) record.name = *input.new_group_name;
  const auto key = iam::keys::group(context.account, record.name);
  store::Batch batch;
  batch.check(iam::keys::group(context.account, before.name), group->version);
  move_rows(context, before, record, batch);
  if (iam::keys::fold(before.name) != iam::keys::fold(record.name)) {
    auto finding = load<Groups>(service.store, context.account, record.name);
    KILN_CO_TRY(const auto other, co_await std::move(finding));
    if (other) co_return refuse<Op>(already_exists(Groups::kWord, record.name));
    batch.check_absent(key);
    batch.put(iam::keys::name_of_id(context.account, record.id), iam::keys::fold(record.name));
  }
  batch.put(key, iam::encode(record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Groups>(context, "iam:UpdateGroup", input.group_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kUpdateGroup{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
