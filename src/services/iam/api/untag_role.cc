// SPDX-License-Identifier: Apache-2.0
// UntagRole: removes tags; keys that are not there do not matter.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html
#include "gen/iam/untag_role.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UntagRole;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_untag<Roles>(context, "iam:UntagRole", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kUntagRole{authorize, untag<Roles, Op>};

}  // namespace kiln::iam_api
