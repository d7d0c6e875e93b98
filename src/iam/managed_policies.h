// SPDX-License-Identifier: Apache-2.0
#pragma once
// AWS's own managed policies, by ARN. Constant data; every account sees the same.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html

#include "base/time.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kiln::iam {

struct ManagedPolicy {
  std::string_view name;
  std::string_view path;  // "/" or "/service-role/"
  std::string_view description;
  std::int32_t default_version;  // the number AWS has reached; older ones are not kept
  std::string_view document;

  std::string arn() const;
  // "ANPA..." made from the name, so that it is the same on every server. AWS's ids differ.
  std::string id() const;
};

// In order of name.
std::span<const ManagedPolicy> managed_policies();
// Null when there is none: not an AWS ARN, or one that Kiln does not carry.
const ManagedPolicy* find_managed_policy(std::string_view arn);
// Creation and update date of all of them: AWS's dates are not part of the data.
inline constexpr Timestamp kManagedPolicyDate{1'423'180'800'000};  // 2015-02-06

}  // namespace kiln::iam
