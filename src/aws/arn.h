// SPDX-License-Identifier: Apache-2.0
#pragma once
// Amazon Resource Names: arn:partition:service:region:account:resource.

#include <optional>
#include <string>
#include <string_view>

namespace kiln::aws {

struct Arn {
  std::string partition = "aws";
  std::string service;
  std::string region;    // empty for global services
  std::string account;   // empty for S3 buckets
  std::string resource;  // the rest, colons and slashes included

  std::string text() const;
};

// nullopt unless there are six parts and it begins with "arn:".
std::optional<Arn> parse_arn(std::string_view text);
// True for 12 digits.
bool is_account_id(std::string_view text);

}  // namespace kiln::aws
