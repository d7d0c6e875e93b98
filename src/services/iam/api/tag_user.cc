// SPDX-License-Identifier: Apache-2.0
// TagUser: adds tags or replaces their values.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html
#include "gen/iam/tag_user.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::TagUser;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on<Users>(context, "iam:TagUser", input.user_name);
  add_tag_keys(out, input.tags);
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kTagUser{authorize, tag<Users, Op>};

}  // namespace kiln::iam_api
