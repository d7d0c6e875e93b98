// SPDX-License-Identifier: Apache-2.0
// ListPolicyTags: the tags by pages, in order of their making.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyTags.html
#include "gen/iam/list_policy_tags.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListPolicyTags;

ApiResult<Op::Output> view(const RequestContext&, const Op::Input& input,
                           const FoundPolicy& policy) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) return aws::fail(page.error());
  Op::Output output;
  output.tags =
      tags_view(page_of(policy.record.tags, *page, output, &iam::Tags::value_type::first));
  return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_policy("iam:ListPolicyTags", input.policy_arn);
}

}  // namespace

extern const aws::Operation<Op, Service> kListPolicyTags{authorize, read_policy<Op, view>};

}  // namespace kiln::iam_api
