// SPDX-License-Identifier: Apache-2.0
#pragma once
// The policies of topics, for IAM's decisions. A subscription has none of its own: who subscribed
// owns it, and the topic's owner may do everything with it.

#include "iam/resource_policies.h"
#include "services/sns/store/catalog.h"

#include <string>

namespace kiln::sns {

// Registered under "sns". `catalog` outlives it.
class TopicPolicies final : public iam::ResourcePolicies {
 public:
  explicit TopicPolicies(Catalog& catalog) : catalog_(catalog) {}
  Task<Result<std::optional<iam::ResourcePolicy>>> find(std::string action,
                                                        std::string resource_arn) override;

 private:
  Catalog& catalog_;
};

}  // namespace kiln::sns
