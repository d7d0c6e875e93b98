// SPDX-License-Identifier: Apache-2.0
// DeleteInstanceProfile: refused while it holds a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteInstanceProfile.html
#include "gen/iam/delete_instance_profile.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteInstanceProfile;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const std::string name = *input.instance_profile_name;
  auto loading = load<InstanceProfiles>(service.store, context.account, name);
  KILN_CO_TRY(const auto profile, co_await std::move(loading));
  if (!profile) co_return refuse<Op>(no_such(InstanceProfiles::kWord, name));
  if (!profile->record.role.empty()) {
    co_return refuse<Op>(delete_conflict("remove roles from instance profile"));
  }
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  --summary.record.instance_profiles;
  const auto key = iam::keys::instance_profile(context.account, name);
  const auto count_key = iam::keys::summary(context.account);
  store::Batch batch;
  batch.check(key, profile->version).check(count_key, summary.version);
  batch.erase(key).put(count_key, iam::encode(summary.record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<InstanceProfiles>(context, "iam:DeleteInstanceProfile", input.instance_profile_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteInstanceProfile{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
