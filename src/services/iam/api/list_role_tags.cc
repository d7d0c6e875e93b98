// SPDX-License-Identifier: Apache-2.0
// ListRoleTags: the tags by pages, in order of their making.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html
#include "gen/iam/list_role_tags.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListRoleTags;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Roles>(context, "iam:ListRoleTags", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListRoleTags{authorize, list_tags<Roles, Op>};

}  // namespace kiln::iam_api
