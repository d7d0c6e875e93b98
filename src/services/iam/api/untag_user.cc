// SPDX-License-Identifier: Apache-2.0
// UntagUser: removes tags; keys that are not there do not matter.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagUser.html
#include "gen/iam/untag_user.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UntagUser;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_untag<Users>(context, "iam:UntagUser", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kUntagUser{authorize, untag<Users, Op>};

}  // namespace kiln::iam_api
