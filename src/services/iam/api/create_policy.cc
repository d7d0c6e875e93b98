// SPDX-License-Identifier: Apache-2.0
// CreatePolicy: a managed policy and its first version.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
#include "gen/iam/create_policy.h"

#include "iam/unique_id.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::CreatePolicy;

ApiResult<iam::PolicyRecord> decide(Service& service, const RequestContext& context,
                                    const Op::Input& input) {
  const std::string& text = *input.policy_document;
  if (auto good = check_document(text, iam::PolicyKind::kIdentity); !good) {
    return aws::fail(std::move(good.error()));
  }
  if (iam::policy_size(text) > kMaxPolicySize || text.size() > kMaxDocumentBytes) {
    return aws::fail(quota_exceeded("PolicySize", kMaxPolicySize));
  }
  auto tags = make_tags(input.tags);
  if (!tags) return aws::fail(std::move(tags.error()));
  iam::PolicyRecord policy;
  policy.name = *input.policy_name;
  policy.path = input.path.value_or("/");
  policy.id = iam::unique_id("ANPA", context.account, service.random);
  policy.created = policy.updated = whole_seconds(context.now);
  policy.description = input.description.value_or("");
  policy.versions = {{1, policy.created}};
  policy.tags = std::move(*tags);
  return policy;
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto policy = decide(service, context, input);
  if (!policy) co_return refuse<Op>(std::move(policy.error()));
  auto loading = load_policy(service.store, context.account, policy->name);
  KILN_CO_TRY(const auto existing, co_await std::move(loading));
  if (existing) {
    co_return refuse<Op>(gen::iam::entity_already_exists_exception(
        "A policy called " + policy->name + " already exists. Duplicate names are not allowed."));
  }
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  if (++summary.record.policies > kMaxPolicies) {
    co_return refuse<Op>(quota_exceeded("PoliciesPerAccount", kMaxPolicies));
  }
  const auto key = iam::keys::policy(context.account, policy->name);
  const auto count_key = iam::keys::summary(context.account);
  store::Batch batch;
  batch.check_absent(key).check(count_key, summary.version);
  batch.put(key, iam::encode(*policy)).put(count_key, iam::encode(summary.record));
  batch.put(iam::keys::policy_version(context.account, policy->name, 1), *input.policy_document);
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  Op::Output output;
  output.policy = policy_view(context.account, *policy, {});
  if (!policy->tags.empty()) output.policy->tags = tags_view(policy->tags);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  Authorization out{"iam:CreatePolicy",
                    "arn:aws:iam::" + context.account + ":policy" + input.path.value_or("/") +
                        input.policy_name.value_or(""),
                    {}};
  add_tag_keys(out, input.tags);
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kCreatePolicy{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api
