// SPDX-License-Identifier: Apache-2.0
// ListInstanceProfiles: always empty, there are no instances here.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfiles.html
#include "gen/iam/list_instance_profiles.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListInstanceProfiles;

Task<ApiResult<Op::Output>> list(Service&, RequestContext, Op::Input) {
  Op::Output output;
  output.instance_profiles.emplace();
  output.is_truncated = false;
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:ListInstanceProfiles",
          "arn:aws:iam::" + context.account + ":instance-profile" + input.path_prefix.value_or("/"),
          {}};
}

}  // namespace

extern const aws::Operation<Op, Service> kListInstanceProfiles{authorize, list};

}  // namespace kiln::iam_api
