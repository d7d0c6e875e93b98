// SPDX-License-Identifier: Apache-2.0
#include "iam/observations.h"

#include "iam/policy_json.h"

#include <set>
#include <utility>
#include <vector>

namespace kiln::iam {
namespace {

using Kind = aws::Principal::Kind;

std::string_view owner_of(const aws::Principal& principal) {
  if (principal.kind == Kind::kAssumedRole) return principal.role_arn;
  if (principal.kind == Kind::kUser) return principal.arn;
  return {};
}

// A log group asks as "log-group:NAME:log-stream:"; policies say "log-group:NAME:*".
std::string policy_spelling(const std::string& resource) {
  constexpr std::string_view kAnyStream = ":log-stream:";
  if (!resource.ends_with(kAnyStream)) return resource;
  return resource.substr(0, resource.size() - kAnyStream.size()) + ":*";
}

// Up to and with the last '/' or ':' of a resource: what resources of one kind have in common.
std::string common_part(const std::string& resource) {
  return resource.substr(0, resource.find_last_of("/:") + 1);
}

// Many resources of one action that differ in their last part only become one with a wildcard.
std::set<std::string> merged(const std::set<std::string>& resources) {
  if (resources.contains("*")) return {"*"};
  std::map<std::string, std::size_t> kinds;
  for (const auto& resource : resources) ++kinds[common_part(resource)];
  std::set<std::string> out;
  for (const auto& resource : resources) {
    const auto common = common_part(resource);
    const bool many = kinds[common] > Observations::kResourcesPerAction;
    out.insert(many ? common + '*' : resource);
  }
  return out;
}

boost::json::value list_or_one(const std::set<std::string>& texts) {
  if (texts.size() == 1) return boost::json::string(*texts.begin());
  boost::json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

// Boost writes JSON on one line only; policies are read by people.
void print(const boost::json::value& v, std::string indent, std::string& out) {
  const std::string deeper = indent + "  ";
  const char* separator = "\n";
  if (const auto* object = v.if_object()) {
    out += '{';
    for (const auto& [key, member] : *object) {
      out.append(std::exchange(separator, ",\n")).append(deeper);
      out.append(boost::json::serialize(key)).append(": ");
      print(member, deeper, out);
    }
    out.append("\n").append(indent).append("}");
  } else if (const auto* array = v.if_array()) {
    out += '[';
    for (const auto& element : *array) {
      out.append(std::exchange(separator, ",\n")).append(deeper);
      print(element, deeper, out);
    }
    out.append("\n").append(indent).append("]");
  } else {
    out += boost::json::serialize(v);
  }
}

}  // namespace

void Observations::note(const aws::Principal& principal, const aws::Permission& permission,
                        bool allowed) {
  const auto owner = owner_of(principal);
  if (owner.empty()) return;
  auto found = uses_.find(owner);
  if (found == uses_.end()) {
    if (uses_.size() >= limits_.principals) {
      ++dropped_;
      return;
    }
    found = uses_.emplace(owner, Uses{}).first;
  }
  std::pair key(permission.action, policy_spelling(permission.resource));
  auto use = found->second.find(key);
  if (use == found->second.end()) {
    if (found->second.size() >= limits_.uses_per_principal) {
      ++dropped_;
      return;
    }
    use = found->second.emplace(std::move(key), Use{}).first;
  }
  const auto passed = permission.condition_keys.find("iam:PassedToService");
  if (passed != permission.condition_keys.end() && passed->second.size() == 1) {
    use->second.passed_to = passed->second.front();
  }
  ++(allowed ? use->second.allowed : use->second.refused);
}

std::string Observations::suggest(std::string_view account, std::string_view name) const {
  std::vector<const Uses*> seen;
  const std::string prefix = "arn:aws:iam::" + std::string(account) + ':';
  for (const auto& [arn, uses] : uses_) {
    if (!arn.starts_with(prefix)) continue;
    const bool named = arn == name || arn.ends_with('/' + std::string(name));
    if (named) seen.push_back(&uses);
  }
  if (seen.empty()) return {};
  std::map<std::pair<std::string, std::string>, std::set<std::string>> resources;
  for (const auto* uses : seen) {
    for (const auto& [key, use] : *uses) {
      resources[{key.first, use.passed_to}].insert(key.second);
    }
  }
  // Actions on the same resources, under the same condition, share a statement.
  std::map<std::pair<std::set<std::string>, std::string>, std::set<std::string>> statements;
  for (const auto& [key, of_action] : resources) {
    statements[{merged(of_action), key.second}].insert(key.first);
  }
  boost::json::array list;
  for (const auto& [key, actions] : statements) {
    boost::json::object statement;
    statement["Effect"] = "Allow";
    statement["Action"] = list_or_one(actions);
    statement["Resource"] = list_or_one(key.first);
    if (!key.second.empty()) {
      statement["Condition"] = boost::json::object{
          {"StringEquals", boost::json::object{{"iam:PassedToService", key.second}}}};
    }
    list.push_back(std::move(statement));
  }
  std::string out;
  print(boost::json::object{{"Version", "2012-10-17"}, {"Statement", std::move(list)}}, "", out);
  return out + '\n';
}

}  // namespace kiln::iam
