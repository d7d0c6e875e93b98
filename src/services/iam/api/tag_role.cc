// SPDX-License-Identifier: Apache-2.0
// TagRole: adds tags or replaces their values.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html
#include "gen/iam/tag_role.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::TagRole;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on<Roles>(context, "iam:TagRole", input.role_name);
  add_tag_keys(out, input.tags);
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kTagRole{authorize, tag<Roles, Op>};

}  // namespace kiln::iam_api
