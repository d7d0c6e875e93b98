// SPDX-License-Identifier: Apache-2.0
// TagInstanceProfile: adds tags or replaces their values.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagInstanceProfile.html
#include "gen/iam/tag_instance_profile.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::TagInstanceProfile;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on<InstanceProfiles>(context, "iam:TagInstanceProfile", input.instance_profile_name);
  add_tag_keys(out, input.tags);
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kTagInstanceProfile{authorize, tag<InstanceProfiles, Op>};

}  // namespace kiln::iam_api
