// SPDX-License-Identifier: Apache-2.0
#pragma once
// VpcDirectory: the VPCs, subnets and security groups that the operator made up, and what a
// function that names them reaches. There is no EC2: an id stands for a policy.
//
// The operator's file is JSON: the policies of subnets and security groups by the ids of their
// VPCs. A policy is "all", "none" or a list of IPv4 networks.
//   {"vpc-1": {"subnets": {"subnet-1": "all"}, "security_groups": {"sg-1": ["10.0.0.0/8"]}}}
// A function reaches what one of its subnets and one of its security groups let through: routes and
// outbound rules, as it were. Immutable once the server runs.

#include "aws/api_error.h"
#include "base/ipv4_network.h"
#include "base/result.h"
#include "gen/lambda/types.h"
#include "lambda/model/function.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::lambda {

// Networks that a function reaches; nullopt: all.
using Egress = std::optional<Ipv4Networks>;

// What the isolation level can do; the level's name is for messages.
struct EgressAbilities {
  bool reaches = true;    // there is a way out
  bool restricts = true;  // and it can be closed
  std::string level;
};

class VpcDirectory {
 public:
  // Networks of one function; more are refused.
  static constexpr std::size_t kMaxNetworks = 256;

  VpcDirectory() = default;  // knows no VPC
  // Errors name the member that is wrong.
  static Result<VpcDirectory> parse(std::string_view json);
  void set_abilities(EgressAbilities abilities) { abilities_ = std::move(abilities); }

  // The function's VPC after a request that has a VpcConfig. InvalidParameterValueException, in
  // AWS's words for ids that are not there, and for what the isolation level cannot enforce.
  aws::ApiResult<std::optional<Vpc>> decide(const std::optional<Vpc>& now,
                                            const gen::lambda::VpcConfig& wanted) const;
  // For an execution environment. Errors (502) when an id has gone from the operator's file since,
  // or the level has become a weaker one.
  aws::ApiResult<Egress> egress(const std::optional<Vpc>& vpc) const;

 private:
  struct Member {
    std::string vpc;
    Egress egress;
  };
  using Members = std::map<std::string, Member, std::less<>>;

  static Result<void> add(Members& members, const std::string& vpc, std::string_view id,
                          std::string_view kind, Egress egress);
  static Egress united(const Members& members, const std::vector<std::string>& ids);
  Egress combined(const Vpc& vpc) const;
  // Empty when the level can.
  std::string why_impossible(const Egress& egress) const;

  Members subnets_;
  Members security_groups_;
  EgressAbilities abilities_;
};

}  // namespace kiln::lambda
