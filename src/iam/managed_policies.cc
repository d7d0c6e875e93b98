// SPDX-License-Identifier: Apache-2.0
#include "iam/managed_policies.h"

#include "base/crypto.h"

namespace kiln::iam {

std::string ManagedPolicy::arn() const {
  return "arn:aws:iam::aws:policy" + std::string(path) + std::string(name);
}

std::string ManagedPolicy::id() const {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const auto digest = sha256(name);
  std::string out = "ANPA";
  for (std::size_t i = 0; i < 17; ++i) out += kAlphabet[digest[i] & 31];
  return out;
}

const ManagedPolicy* find_managed_policy(std::string_view arn) {
  constexpr std::string_view kPrefix = "arn:aws:iam::aws:policy";
  if (!arn.starts_with(kPrefix)) return nullptr;
  arn.remove_prefix(kPrefix.size());
  for (const auto& policy : managed_policies()) {
    if (arn.starts_with(policy.path) && arn.substr(policy.path.size()) == policy.name) {
      return &policy;
    }
  }
  return nullptr;
}

}  // namespace kiln::iam
