// SPDX-License-Identifier: Apache-2.0
// ListInstanceProfileTags: the tags by pages, in order of their making.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfileTags.html
#include "gen/iam/list_instance_profile_tags.h"

#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListInstanceProfileTags;

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on<InstanceProfiles>(context, "iam:ListInstanceProfileTags", input.instance_profile_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListInstanceProfileTags{authorize,
                                                                  list_tags<InstanceProfiles, Op>};

}  // namespace kiln::iam_api
