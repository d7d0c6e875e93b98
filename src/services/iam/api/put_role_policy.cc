// SPDX-License-Identifier: Apache-2.0
// PutRolePolicy: makes or replaces an inline policy of a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
#include "gen/iam/put_role_policy.h"

#include "services/iam/api/common.h"

#include <algorithm>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::PutRolePolicy;

ApiResult<Op::Output> decide(const RequestContext& context, const Op::Input& input,
                             iam::RoleRecord& role, store::Batch& batch) {
  const std::string& text = *input.policy_document;
  if (auto good = check_document(text, iam::PolicyKind::kIdentity); !good) {
    return aws::fail(std::move(good.error()));
  }
  const auto same = [&input](const auto& i) { return i.name == *input.policy_name; };
  std::erase_if(role.inlines, same);
  std::size_t total = iam::policy_size(text);
  for (const auto& i : role.inlines) total += static_cast<std::size_t>(i.size);
  if (total > kMaxInlineSizePerRole || text.size() > kMaxDocumentBytes) {
    return aws::fail(gen::iam::limit_exceeded_exception(
        "Maximum policy size of 10240 bytes exceeded for role " + role.name));
  }
  role.inlines.push_back({*input.policy_name, static_cast<std::int64_t>(iam::policy_size(text))});
  std::ranges::sort(role.inlines, {}, &iam::RoleRecord::Inline::name);
  batch.put(iam::keys::role_policy(context.account, role.name, *input.policy_name), text);
  return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_role(context, "iam:PutRolePolicy", input.role_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kPutRolePolicy{authorize, change_role<Op, decide>};

}  // namespace kiln::iam_api
