// SPDX-License-Identifier: Apache-2.0
// TagRole: adds tags or replaces their values.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html
#include "gen/iam/tag_role.h"

#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::TagRole;

ApiResult<Op::Output> decide(const RequestContext&, const Op::Input& input, iam::RoleRecord& role,
                             store::Batch&) {
  const auto tags = make_tags(input.tags);
  if (!tags) return aws::fail(tags.error());
  if (auto merged = merge_tags(role.tags, *tags); !merged) {
    return aws::fail(std::move(merged.error()));
  }
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  auto out = on_role(context, "iam:TagRole", input.role_name);
  add_tag_keys(out, input.tags);
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kTagRole{authorize, change_role<Op, decide>};

}  // namespace kiln::iam_api
