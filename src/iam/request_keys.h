// SPDX-License-Identifier: Apache-2.0
#pragma once
// The condition keys of one request: global keys from its context, the operation's own from its
// Permission, tags of principal and resource. Values are made when a policy asks.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
//
// Absent, because nothing here has them: VPC keys, organizations, federated providers, CalledVia.

#include "aws/request_context.h"
#include "iam/policy.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::iam {

using TagMap = std::map<std::string, std::string>;

// All references and views outlive it.
struct RequestFacts {
  const aws::RequestContext& context;
  const std::map<std::string, std::vector<std::string>>& own_keys;  // the operation's
  std::string_view owner;                                           // the resource's account
  const TagMap* principal_tags = nullptr;  // of the user or role; session tags hide them
  const TagMap* resource_tags = nullptr;
};

class RequestKeys final : public ConditionKeys {
 public:
  using Values = std::optional<std::vector<std::string>>;
  explicit RequestKeys(const RequestFacts& facts) : facts_(facts) {}
  Values find(std::string_view key) const override;

 private:
  const RequestFacts& facts_;
};

}  // namespace kiln::iam
