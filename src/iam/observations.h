// SPDX-License-Identifier: Apache-2.0
#pragma once
// Observations remembers what roles and users were seen to do, allowed or not, so that the least
// policy for it can be written. In memory: a restart forgets. One thread.

#include "aws/request_context.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace kiln::iam {

class Observations {
 public:
  struct Limits {
    std::size_t principals = 1'000;
    std::size_t uses_per_principal = 1'000;
  };
  // More resources than this for one action and kind of resource become one with a wildcard.
  static constexpr std::size_t kResourcesPerAction = 20;

  Observations() = default;
  explicit Observations(Limits limits) : limits_(limits) {}

  // Root, services and anonymous callers are left out: no policy of theirs could be written.
  void note(const aws::Principal& principal, const aws::Permission& permission, bool allowed);

  // A policy document for the role or user that `name` names: its ARN, or in `account` its name.
  // Empty when nothing was seen of it.
  std::string suggest(std::string_view account, std::string_view name) const;
  // Uses that found no room.
  std::int64_t dropped() const { return dropped_; }

 private:
  struct Use {
    std::int64_t allowed = 0;
    std::int64_t refused = 0;
    std::string passed_to;  // iam:PassedToService
  };
  // (action, resource)
  using Uses = std::map<std::pair<std::string, std::string>, Use>;

  Limits limits_;
  std::map<std::string, Uses, std::less<>> uses_;  // by ARN of role or user
  std::int64_t dropped_ = 0;
};

}  // namespace kiln::iam
