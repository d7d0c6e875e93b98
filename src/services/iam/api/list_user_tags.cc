// SPDX-License-Identifier: Apache-2.0
// ListUserTags: the tags by pages, in order of their making.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserTags.html
#include "gen/iam/list_user_tags.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListUserTags;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<Users>(context, "iam:ListUserTags", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListUserTags{authorize, list_tags<Users, Op>};

}  // namespace kiln::iam_api
