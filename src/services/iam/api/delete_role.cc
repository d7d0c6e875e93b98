// SPDX-License-Identifier: Apache-2.0
// DeleteRole: refused while policies hang on it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
#include "gen/iam/delete_role.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteRole;

ApiResult<void> decide(const iam::RoleRecord& role) {
  if (auto good = check_modifiable(role); !good) return good;
  if (!role.instance_profiles.empty()) {
    return aws::fail(delete_conflict("remove roles from instance profile"));
  }
  if (!role.attached.empty()) return aws::fail(delete_conflict("detach all policies"));
  if (!role.inlines.empty()) return aws::fail(delete_conflict("delete policies"));
  return {};
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto loading = load<Roles>(service.store, context.account, *input.role_name);
  KILN_CO_TRY(const auto role, co_await std::move(loading));
  if (!role) co_return refuse<Op>(no_such(Roles::kWord, *input.role_name));
  if (auto good = decide(role->record); !good) co_return refuse<Op>(std::move(good.error()));
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  --summary.record.roles;
  const auto key = iam::keys::role(context.account, *input.role_name);
  const auto count_key = iam::keys::summary(context.account);
  store::Batch batch;
  batch.check(key, role->version).check(count_key, summary.version);
  batch.erase(key).put(count_key, iam::encode(summary.record));
  auto releasing = release_boundary(service, context, Roles::kBounded, role->record, batch);
  KILN_CO_TRY_VOID(co_await std::move(releasing));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:DeleteRole", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteRole{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
