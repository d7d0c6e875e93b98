// SPDX-License-Identifier: Apache-2.0
#include "iam/denial.h"

#include "iam/keys.h"
#include "iam/policy_json.h"

namespace kiln::iam {
namespace {

struct Style {
  std::string_view service;  // signing name
  std::string_view code;
  int status;
  std::string_view message_name;
};
constexpr Style kStyles[] = {
    {"s3", "AccessDenied", 403, "message"},
    {"sqs", "AccessDenied", 403, "message"},
    {"sns", "AuthorizationError", 403, "message"},
    {"iam", "AccessDenied", 403, "message"},
    {"sts", "AccessDenied", 403, "message"},
    {"monitoring", "AccessDenied", 403, "message"},
    {"lambda", "AccessDeniedException", 403, "Message"},
    {"dynamodb", "AccessDeniedException", 400, "Message"},
    {"kinesis", "AccessDeniedException", 400, "Message"},
    {"logs", "AccessDeniedException", 400, "Message"},
    {"events", "AccessDeniedException", 400, "Message"},
};
constexpr Style kOtherStyle{"", "AccessDeniedException", 403, "message"};

const Style& style_of(std::string_view service) {
  for (const auto& style : kStyles) {
    if (style.service == service) return style;
  }
  return kOtherStyle;
}

std::string_view type_name(PolicyType type) {
  switch (type) {
    case PolicyType::kIdentity:
      return "identity-based policy";
    case PolicyType::kResource:
      return "resource-based policy";
    case PolicyType::kBoundary:
      return "permissions boundary";
    case PolicyType::kSession:
      return "session policy";
  }
  return "";
}

std::string article(PolicyType type) {
  const auto name = type_name(type);
  return (type == PolicyType::kIdentity ? "an " : "a ") + std::string(name);
}

// The action as the service's own denials spell it.
std::string spelled(std::string_view service, const std::string& action) {
  if (service == "sqs") return keys::fold(action);
  if (service == "sns" && action.starts_with("sns:")) return "SNS:" + action.substr(4);
  return action;
}

std::string resource_part(std::string_view service, const std::string& resource) {
  if (resource == "*" || resource.empty()) return service == "lambda" ? " on resource: *" : "";
  if (service == "s3") return " on resource: \"" + resource + '"';
  return " on resource: " + resource;
}

std::string name_of(const aws::Principal& principal) {
  if (principal.kind == aws::Principal::Kind::kAnonymous) return "anonymous";
  if (principal.kind == aws::Principal::Kind::kService) return principal.service;
  return principal.arn;
}

}  // namespace

aws::ApiError denial(const aws::RequestContext& context, const aws::Permission& permission,
                     const Verdict& verdict, bool cross_account) {
  const std::string_view service = context.service;
  const Style& style = style_of(service);
  aws::ApiError out;
  out.code = style.code;
  out.http_status = style.status;
  out.message_name = style.message_name;
  const bool anonymous = context.principal.kind == aws::Principal::Kind::kAnonymous;
  if (service == "s3" && (cross_account || anonymous)) {
    out.message = "Access Denied";
    return out;
  }
  const std::string action = spelled(service, permission.action);
  out.message = "User: " + name_of(context.principal) + " is not authorized to perform: " + action +
                resource_part(service, permission.resource);
  // STS never says why: whether a role exists is not for everybody to know.
  if (permission.action == "sts:AssumeRole") return out;
  if (verdict.explicit_deny) {
    out.message += " with an explicit deny in " + article(verdict.by);
  } else {
    out.message +=
        " because no " + std::string(type_name(verdict.by)) + " allows the " + action + " action";
  }
  return out;
}

std::string_view reason(const Verdict& verdict) {
  switch (verdict.by) {
    case PolicyType::kIdentity:
      return verdict.explicit_deny ? "an identity-based policy denies it"
                                   : "no identity-based policy allows it";
    case PolicyType::kResource:
      return verdict.explicit_deny ? "a resource-based policy denies it"
                                   : "no resource-based policy allows it";
    case PolicyType::kBoundary:
      return verdict.explicit_deny ? "a permissions boundary denies it"
                                   : "no permissions boundary allows it";
    case PolicyType::kSession:
      return verdict.explicit_deny ? "a session policy denies it" : "no session policy allows it";
  }
  return "";
}

std::string missing_statement(const aws::Permission& permission) {
  const auto quoted = [](const std::string& text) {
    return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
  };
  std::string out = R"({"Effect":"Allow","Action":)" + quoted(permission.action) +
                    R"(,"Resource":)" + quoted(permission.resource);
  const auto passed = permission.condition_keys.find("iam:PassedToService");
  if (passed != permission.condition_keys.end() && passed->second.size() == 1) {
    out += R"(,"Condition":{"StringEquals":{"iam:PassedToService":)" +
           quoted(passed->second.front()) + "}}";
  }
  return out + '}';
}

}  // namespace kiln::iam
