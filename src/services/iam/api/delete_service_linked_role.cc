// SPDX-License-Identifier: Apache-2.0
// DeleteServiceLinkedRole: ends a role linked to a service, at once: nothing here still uses it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServiceLinkedRole.html
#include "gen/iam/delete_service_linked_role.h"

#include "base/random.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteServiceLinkedRole;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading = load<Roles>(service.store, context.account, *input.role_name);
  KILN_CO_TRY(const auto role, co_await std::move(loading));
  if (!role || !role->record.service_linked()) {
    co_return refuse<Op>(no_such(Roles::kWord, *input.role_name));
  }
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  --summary.record.roles;
  const auto key = iam::keys::role(context.account, *input.role_name);
  const auto count_key = iam::keys::summary(context.account);
  store::Batch batch;
  batch.check(key, role->version).check(count_key, summary.version);
  batch.erase(key).put(count_key, iam::encode(summary.record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  Op::Output output;
  output.deletion_task_id =
      "task" + role->record.path + role->record.name + '/' + service.random.uuid();
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:DeleteServiceLinkedRole", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteServiceLinkedRole{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
