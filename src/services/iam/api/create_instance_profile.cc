// SPDX-License-Identifier: Apache-2.0
// CreateInstanceProfile: a name for a role, as instances would take it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html
#include "gen/iam/create_instance_profile.h"

#include "iam/unique_id.h"
#include "services/iam/api/common.h"
#include "services/iam/api/instance_profiles.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::CreateInstanceProfile;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto tags = make_tags(input.tags);
  if (!tags) co_return refuse<Op>(std::move(tags.error()));
  const std::string name = *input.instance_profile_name;
  auto loading = load<InstanceProfiles>(service.store, context.account, name);
  KILN_CO_TRY(const auto existing, co_await std::move(loading));
  if (existing) co_return refuse<Op>(already_exists(InstanceProfiles::kWord, name));
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  if (++summary.record.instance_profiles > kMaxInstanceProfiles) {
    co_return refuse<Op>(quota_exceeded("InstanceProfilesPerAccount", kMaxInstanceProfiles));
  }
  iam::InstanceProfileRecord profile;
  profile.name = name;
  profile.path = input.path.value_or("/");
  profile.id = iam::unique_id("AIPA", context.account, service.random);
  profile.created = whole_seconds(context.now);
  profile.tags = std::move(*tags);
  const auto key = iam::keys::instance_profile(context.account, name);
  const auto count_key = iam::keys::summary(context.account);
  store::Batch batch;
  batch.check_absent(key).check(count_key, summary.version);
  batch.put(key, iam::encode(profile)).put(count_key, iam::encode(summary.record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  Op::Output output;
  output.instance_profile = instance_profile_view(context, profile, std::nullopt);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  Authorization out{"iam:CreateInstanceProfile",
                    "arn:aws:iam::" + context.account + ":instance-profile" +
                        input.path.value_or("/") + input.instance_profile_name.value_or("")};
  add_tag_keys(out, input.tags);
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kCreateInstanceProfile{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
