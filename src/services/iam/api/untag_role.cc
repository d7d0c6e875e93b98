// SPDX-License-Identifier: Apache-2.0
// UntagRole: removes tags; keys that are not there do not matter.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html
#include "gen/iam/untag_role.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UntagRole;

ApiResult<Op::Output> decide(const RequestContext&, const Op::Input& input, iam::RoleRecord& role,
                             store::Batch&) {
  if (input.tag_keys) remove_tags(role.tags, *input.tag_keys);
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on_role(context, "iam:UntagRole", input.role_name);
  if (input.tag_keys) out.condition_keys()["aws:TagKeys"] = *input.tag_keys;
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kUntagRole{authorize, change_role<Op, decide>};

}  // namespace kiln::iam_api
