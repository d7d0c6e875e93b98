// SPDX-License-Identifier: Apache-2.0
// ListPolicyVersions: newest first, without their texts.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html
#include "gen/iam/list_policy_versions.h"

#include "services/iam/api/common.h"

#include <algorithm>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListPolicyVersions;

ApiResult<Op::Output> view(const RequestContext&, const Op::Input& input,
                           const FoundPolicy& policy) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) return aws::fail(page.error());
  std::vector<gen::iam::PolicyVersion> versions;
  for (const auto& version : policy.record.versions) {
    versions.push_back(version_view(policy.record, version));
  }
  std::ranges::reverse(versions);
  Op::Output output;
  output.versions =
      page_of(std::move(versions), *page, output,
              [](const gen::iam::PolicyVersion& version) { return *version.version_id; });
  return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_policy("iam:ListPolicyVersions", input.policy_arn);
}

}  // namespace

extern const aws::Operation<Op, Service> kListPolicyVersions{authorize, read_policy<Op, view>};

}  // namespace kiln::iam_api
