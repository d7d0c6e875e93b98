// SPDX-License-Identifier: Apache-2.0
#include "services/sns/store/topic_policies.h"

#include "services/sns/model/topic_attributes.h"

#include <utility>

namespace kiln::sns {
namespace {

using Answer = std::optional<iam::ResourcePolicy>;

std::string let_account(const std::string& account, const std::string& arn) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" +
         account + R"(:root"},"Action":"sns:*","Resource":")" + arn + R"("}]})";
}

}  // namespace

Task<Result<Answer>> TopicPolicies::find(std::string, std::string resource_arn) {
  if (const auto name = parse_topic_arn(resource_arn)) {
    auto finding = catalog_.find_topic(*name);
    KILN_CO_TRY(const auto topic, co_await finding);
    if (!topic) co_return Answer{};
    iam::ResourcePolicy out;
    out.policy = attribute_of(*topic, "Policy");
    out.tags = topic->tags;
    co_return Answer(std::move(out));
  }
  const auto name = parse_subscription_arn(resource_arn);
  if (!name) co_return Answer{};
  auto finding = catalog_.find_subscription(*name);
  KILN_CO_TRY(const auto found, co_await finding);
  if (!found || found->subscription.owner == name->topic.account) co_return Answer{};
  iam::ResourcePolicy out;
  out.owner = found->subscription.owner;
  out.policy = let_account(name->topic.account, resource_arn);
  co_return Answer(std::move(out));
}

}  // namespace kiln::sns
