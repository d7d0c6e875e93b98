// SPDX-License-Identifier: Apache-2.0
#pragma once
// Unique ids of IAM. Key and role ids carry their account, as AWS's do.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids

#include "base/random.h"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::iam {

// "AROA", "AIDA", "ANPA" (21 characters) or "AKIA", "ASIA" (20). `account` is 12 digits.
std::string unique_id(std::string_view prefix, std::string_view account, Random& random);
// 40 characters, the form of secret access keys.
std::string secret_access_key(Random& random);
// The id of a role that does not exist but may be used (`kiln dev`): the same for the same ARN.
std::string stand_in_role_id(std::string_view role_arn, std::string_view account);
// The account in a key or role id; nullopt when it holds none.
std::optional<std::string> account_of_id(std::string_view id);

}  // namespace kiln::iam
