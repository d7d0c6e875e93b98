// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/function_ref.h"

#include "aws/arn.h"
#include "gen/lambda/errors.h"

#include <optional>

namespace kiln::lambda {
namespace {

struct Parts {
  std::optional<std::string_view> region;
  std::optional<std::string_view> account;
  std::string_view name;
  std::string_view qualifier;
};

// The text before the next colon; nullopt when there is no colon.
std::optional<std::string_view> before_colon(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return text.substr(0, colon);
}

// Two or more words and one digit, by hyphens: "us-east-1", "us-gov-west-1".
bool is_region(std::string_view text) {
  if (text.size() < 6 || text[2] != '-') return false;
  const char digit = text.back();
  if (digit < '0' || digit > '9' || text[text.size() - 2] != '-') return false;
  for (const char c : text.substr(0, text.size() - 2)) {
    if (c != '-' && (c < 'a' || c > 'z')) return false;
  }
  return true;
}

Parts split(std::string_view text) {
  Parts parts;
  if (text.starts_with("arn:")) {
    const auto service = text.find(":lambda:");
    if (service != std::string_view::npos) text.remove_prefix(service + 8);
  }
  if (const auto word = before_colon(text); word && is_region(*word)) {
    parts.region = *word;
    text.remove_prefix(word->size() + 1);
  }
  if (const auto word = before_colon(text); word && aws::is_account_id(*word)) {
    parts.account = *word;
    text.remove_prefix(word->size() + 1);
  }
  if (text.starts_with("function:")) text.remove_prefix(9);
  const auto colon = text.find(':');
  parts.name = text.substr(0, colon);
  if (colon != std::string_view::npos) parts.qualifier = text.substr(colon + 1);
  return parts;
}

}  // namespace

std::string function_arn(std::string_view account, std::string_view region, std::string_view name,
                         std::string_view qualifier) {
  std::string arn = "arn:aws:lambda:";
  arn.append(region).append(":").append(account).append(":function:").append(name);
  if (!qualifier.empty()) arn.append(":").append(qualifier);
  return arn;
}

std::string FunctionRef::arn() const {
  return function_arn(key.account, key.region, key.name, qualifier);
}

aws::ApiResult<FunctionRef> parse_function_ref(const aws::RequestContext& context,
                                               std::string_view name, std::string_view qualifier) {
  const Parts parts = split(name);
  if (!parts.qualifier.empty() && !qualifier.empty() && parts.qualifier != qualifier) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "The derived qualifier from the function name does not match the specified qualifier."));
  }
  if (parts.region && *parts.region != context.region) {
    return aws::fail(gen::lambda::resource_not_found_exception(
        "Functions from '" + std::string(*parts.region) + "' are not reachable in this region ('" +
        context.region + "')"));
  }
  FunctionRef ref{.key = {.account = std::string(parts.account.value_or(context.account)),
                          .region = context.region,
                          .name = std::string(parts.name)},
                  .qualifier = std::string(qualifier.empty() ? parts.qualifier : qualifier)};
  return ref;
}

aws::ApiResult<FunctionRef> parse_latest_ref(const aws::RequestContext& context,
                                             std::string_view name, std::string_view qualifier) {
  auto ref = parse_function_ref(context, name, qualifier);
  if (ref && !ref->qualifier.empty() && ref->qualifier != kLatest) {
    return aws::fail(function_not_found(*ref));
  }
  return ref;
}

std::string resource_arn(const aws::RequestContext& context, std::string_view name,
                         std::string_view qualifier) {
  const Parts parts = split(name);
  return function_arn(parts.account.value_or(context.account),
                      parts.region.value_or(context.region), parts.name,
                      qualifier.empty() ? parts.qualifier : qualifier);
}

bool is_version_number(std::string_view qualifier) {
  return !qualifier.empty() && qualifier.find_first_not_of("0123456789") == std::string_view::npos;
}

aws::ApiError qualifier_not_found(const FunctionRef& ref) {
  const bool alias = !ref.qualifier.starts_with('$') && !is_version_number(ref.qualifier);
  if (!alias) return function_not_found(ref);
  return gen::lambda::resource_not_found_exception("Cannot find alias arn: " + ref.arn());
}

aws::ApiError function_not_found(const FunctionRef& ref) {
  return gen::lambda::resource_not_found_exception("Function not found: " + ref.arn());
}

}  // namespace kiln::lambda
