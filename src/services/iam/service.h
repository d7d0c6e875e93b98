// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations of IAM work on, and their registration.

#include "base/random.h"
#include "store/store.h"

namespace kiln::aws {
class Registry;
}

namespace kiln::iam_api {

// Quotas of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
inline constexpr std::int64_t kMaxRoles = 1'000;
inline constexpr std::int64_t kMaxUsers = 5'000;
inline constexpr std::int64_t kMaxGroups = 300;
inline constexpr std::int64_t kMaxInstanceProfiles = 1'000;
inline constexpr std::int64_t kMaxPolicies = 1'500;
inline constexpr std::size_t kMaxAttachedPolicies = 10;  // of a role, user or group
inline constexpr std::size_t kMaxGroupsPerUser = 10;
inline constexpr std::size_t kMaxKeysPerUser = 2;
inline constexpr std::size_t kMaxVersionsPerPolicy = 5;
inline constexpr std::size_t kMaxTags = 50;
inline constexpr std::size_t kMaxTrustPolicySize = 2'048;
inline constexpr std::size_t kMaxPolicySize = 6'144;
// White space is free for the quotas, but a stored value has an end.
inline constexpr std::size_t kMaxDocumentBytes = 24 * 1024;

struct Service {
  store::Store& store;
  Random& random;
};

}  // namespace kiln::iam_api
