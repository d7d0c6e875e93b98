// SPDX-License-Identifier: Apache-2.0
// ListRoleTags: the tags by pages, in order of their making.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html
#include "gen/iam/list_role_tags.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListRoleTags;

ApiResult<Op::Output> view(const RequestContext&, const Op::Input& input,
                           const iam::RoleRecord& role) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) return aws::fail(page.error());
  Op::Output output;
  output.tags = tags_view(page_of(role.tags, *page, output, &iam::Tags::value_type::first));
  return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:ListRoleTags", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListRoleTags{authorize, read_role<Op, view>};

}  // namespace kiln::iam_api
