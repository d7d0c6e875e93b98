// SPDX-License-Identifier: Apache-2.0
// UntagInstanceProfile: removes tags; keys that are not there do not matter.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagInstanceProfile.html
#include "gen/iam/untag_instance_profile.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UntagInstanceProfile;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_untag<InstanceProfiles>(context, "iam:UntagInstanceProfile", input);
}

}  // namespace

extern const aws::Operation<Op, Service> kUntagInstanceProfile{authorize,
                                                               untag<InstanceProfiles, Op>};

}  // namespace kiln::iam_api
