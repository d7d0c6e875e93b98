// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/vpc.h"

#include "gen/lambda/errors.h"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace kiln::lambda {
namespace {

namespace json = boost::json;

std::unexpected<aws::ApiError> invalid(std::string message) {
  return aws::fail(gen::lambda::invalid_parameter_value_exception(std::move(message)));
}

std::unexpected<aws::ApiError> not_found(const char* call, const char* code, std::string message) {
  return invalid("Error occurred while " + std::string(call) + ". EC2 Error Code: " + code +
                 ". EC2 Error Message: " + std::move(message));
}

std::unexpected<Error> malformed(const std::string& where, std::string_view why) {
  return fail(ErrorCode::kInvalidArgument, where + ": " + std::string(why));
}

Result<Egress> parse_policy(const json::value& value, const std::string& where) {
  constexpr std::string_view kForm = "\"all\", \"none\" or a list of networks as \"10.0.0.0/8\"";
  if (value.is_string()) {
    if (value.get_string() == "all") return Egress();
    if (value.get_string() == "none") return Egress(Ipv4Networks());
  }
  if (!value.is_array()) return malformed(where, std::string("it must be ").append(kForm));
  Ipv4Networks networks;
  for (const json::value& item : value.get_array()) {
    const auto network = item.is_string() ? parse_ipv4_network(item.get_string()) : std::nullopt;
    if (!network) {
      return malformed(where, json::serialize(item) + " is no IPv4 network such as 10.0.0.0/8");
    }
    networks.push_back(*network);
  }
  networks = unite(std::move(networks), {});
  if (networks.size() > VpcDirectory::kMaxNetworks) return malformed(where, "too many networks");
  // All of them is no restriction.
  if (networks.size() == 1 && networks.front().prefix == 0) return Egress();
  return Egress(std::move(networks));
}

}  // namespace

Result<void> VpcDirectory::add(Members& members, const std::string& vpc, std::string_view id,
                               std::string_view kind, Egress egress) {
  if (!id.starts_with(kind)) {
    return malformed(std::string(id), "the id must begin with " + std::string(kind));
  }
  if (!members.emplace(id, Member{vpc, std::move(egress)}).second) {
    return malformed(std::string(id), "the id is there twice");
  }
  return {};
}

Result<VpcDirectory> VpcDirectory::parse(std::string_view text) {
  boost::system::error_code error;
  const json::value root = json::parse(text, error);
  if (error || !root.is_object()) return malformed("the file", "it is no JSON object");
  VpcDirectory out;
  for (const auto& [vpc, parts] : root.get_object()) {
    const std::string name(vpc);
    if (!name.starts_with("vpc-")) return malformed(name, "the id must begin with vpc-");
    if (!parts.is_object()) return malformed(name, "it is no object");
    for (const auto& [part, policies] : parts.get_object()) {
      const bool subnets = part == "subnets";
      const std::string where = name + "." + std::string(part);
      if (!subnets && part != "security_groups") {
        return malformed(where, "only subnets and security_groups can be there");
      }
      if (!policies.is_object()) return malformed(where, "it is no object");
      for (const auto& [id, value] : policies.get_object()) {
        KILN_TRY(Egress egress, parse_policy(value, where + "." + std::string(id)));
        KILN_TRY_VOID(add(subnets ? out.subnets_ : out.security_groups_, name, id,
                          subnets ? "subnet-" : "sg-", std::move(egress)));
      }
    }
  }
  return out;
}

aws::ApiResult<std::optional<Vpc>> VpcDirectory::decide(
    const std::optional<Vpc>& now, const gen::lambda::VpcConfig& wanted) const {
  if (wanted.ipv6_allowed_for_dual_stack.value_or(false)) {
    return invalid(
        "Ipv6AllowedForDualStack is not supported by this server: its execution "
        "environments have no IPv6.");
  }
  if (!wanted.subnet_ids && !wanted.security_group_ids) return now;
  Vpc vpc{wanted.subnet_ids.value_or(std::vector<std::string>()),
          wanted.security_group_ids.value_or(std::vector<std::string>()), ""};
  if (vpc.subnet_ids.empty() != vpc.security_group_ids.empty()) {
    return invalid("SubnetIds and SecurityIds must coexist or be both empty list.");
  }
  for (const std::string& id : vpc.subnet_ids) {
    const auto found = subnets_.find(id);
    if (found == subnets_.end()) {
      return not_found("DescribeSubnets", "InvalidSubnetID.NotFound",
                       "The subnet ID '" + id + "' does not exist");
    }
    if (vpc.vpc_id.empty()) vpc.vpc_id = found->second.vpc;
    if (vpc.vpc_id != found->second.vpc) {
      return invalid("Subnets are required to be in the same VPC.");
    }
  }
  for (const std::string& id : vpc.security_group_ids) {
    const auto found = security_groups_.find(id);
    if (found == security_groups_.end()) {
      return not_found("DescribeSecurityGroups", "InvalidGroup.NotFound",
                       "The security group '" + id + "' does not exist");
    }
    if (vpc.vpc_id != found->second.vpc) {
      return invalid("Security Groups are required to be in the same VPC.");
    }
  }
  if (vpc.vpc_id.empty()) return vpc;
  const Egress egress = combined(vpc);
  if (egress && egress->size() > kMaxNetworks) {
    return invalid("VpcConfig stands for more than " + std::to_string(kMaxNetworks) + " networks.");
  }
  if (std::string why = why_impossible(egress); !why.empty()) return invalid(std::move(why));
  return vpc;
}

aws::ApiResult<Egress> VpcDirectory::egress(const std::optional<Vpc>& vpc) const {
  if (!vpc || vpc->vpc_id.empty()) return Egress();
  const auto known = [](const Members& members, const std::vector<std::string>& ids) {
    return std::ranges::all_of(ids, [&](const std::string& id) { return members.contains(id); });
  };
  if (!known(subnets_, vpc->subnet_ids)) {
    return aws::fail(gen::lambda::invalid_subnet_id_exception(
        "Lambda was not able to set up VPC access for the Lambda function because one or more "
        "configured subnets are invalid."));
  }
  if (!known(security_groups_, vpc->security_group_ids)) {
    return aws::fail(gen::lambda::invalid_security_group_id_exception(
        "Lambda was not able to set up VPC access for the Lambda function because one or more "
        "configured security groups are invalid."));
  }
  Egress out = combined(*vpc);
  if (std::string why = why_impossible(out); !why.empty()) {
    return aws::fail(gen::lambda::ec2_unexpected_exception(std::move(why)));
  }
  return out;
}

Egress VpcDirectory::united(const Members& members, const std::vector<std::string>& ids) {
  Ipv4Networks all;
  for (const std::string& id : ids) {
    const Egress& each = members.find(id)->second.egress;
    if (!each) return {};
    all = unite(std::move(all), *each);
  }
  return all;
}

Egress VpcDirectory::combined(const Vpc& vpc) const {
  Egress routes = united(subnets_, vpc.subnet_ids);
  Egress rules = united(security_groups_, vpc.security_group_ids);
  if (!routes) return rules;
  if (!rules) return routes;
  return intersect(*routes, *rules);
}

std::string VpcDirectory::why_impossible(const Egress& egress) const {
  const std::string level = "This server's isolation level '" + abilities_.level + "' ";
  if (egress && !abilities_.restricts) {
    return level + "cannot keep a function from the network, as this VpcConfig asks for.";
  }
  if ((!egress || !egress->empty()) && !abilities_.reaches) {
    return level + "gives functions no way out to the network, which this VpcConfig asks for.";
  }
  return "";
}

}  // namespace kiln::lambda
