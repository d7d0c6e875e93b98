// SPDX-License-Identifier: Apache-2.0
#include "services/logs/api/common.h"

#include "aws/arn.h"
#include "base/encoding.h"
#include "gen/logs/errors.h"

#include <algorithm>
#include <utility>

namespace kiln::logs {

namespace {

constexpr std::string_view kGroupPrefix = "log-group:";

std::optional<GroupName> group_of_arn(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  if (!arn || arn->service != "logs" || !arn->resource.starts_with(kGroupPrefix)) {
    return std::nullopt;
  }
  std::string name = arn->resource.substr(kGroupPrefix.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  if (name.empty()) return std::nullopt;
  return GroupName{arn->account, arn->region, std::move(name)};
}

// For IAM, which sees requests before they are checked.
GroupName addressed(const aws::RequestContext& context, const std::optional<std::string>& name,
                    const std::optional<std::string>& identifier) {
  if (name || !identifier) return group_of(context, name);
  return group_of_arn(*identifier).value_or(group_of(context, identifier));
}

}  // namespace

std::string group_arn(const GroupName& group) {
  return "arn:aws:logs:" + group.region + ":" + group.account + ":log-group:" + group.name;
}

std::string stream_arn(const GroupName& group, std::string_view stream) {
  return group_arn(group) + ":log-stream:" + std::string(stream);
}

aws::ApiResult<GroupName> group_of(const aws::RequestContext& context,
                                   const std::optional<std::string>& name,
                                   const std::optional<std::string>& identifier) {
  if (name && identifier) {
    return aws::fail(
        invalid_parameter("LogGroup name and LogGroup ARN are mutually exclusive parameters."));
  }
  if (!name && !identifier) {
    return aws::fail(
        invalid_parameter("Either logGroupName or logGroupIdentifier must be specified."));
  }
  if (name) return group_of(context, name);
  if (!identifier->starts_with("arn:")) return group_of(context, identifier);
  auto group = group_of_arn(*identifier);
  if (!group) return aws::fail(invalid_parameter("The specified log group ARN is invalid."));
  if (group->account != context.account || group->region != context.region) {
    return aws::fail(no_such_group());
  }
  return std::move(*group);
}

aws::ApiResult<GroupName> tagged_group(const aws::RequestContext& context,
                                       const std::optional<std::string>& arn) {
  auto group = group_of_arn(arn.value_or(""));
  if (!group) {
    return aws::fail(invalid_parameter("Invalid resource ARN: " + arn.value_or("")));
  }
  if (group->account != context.account || group->region != context.region) {
    return aws::fail(
        gen::logs::resource_not_found_exception("The specified resource does not exist."));
  }
  return std::move(*group);
}

aws::Authorization on_group(const aws::RequestContext& context, std::string_view action,
                            const std::optional<std::string>& name,
                            const std::optional<std::string>& identifier) {
  return on_stream(context, action, name, "", identifier);
}

aws::Authorization on_stream(const aws::RequestContext& context, std::string_view action,
                             const std::optional<std::string>& group,
                             const std::optional<std::string>& stream,
                             const std::optional<std::string>& identifier) {
  return {std::string(action),
          stream_arn(addressed(context, group, identifier), stream.value_or("")),
          {}};
}

aws::Authorization on_tagged(const aws::RequestContext& context, std::string_view action,
                             const std::string& arn, const std::optional<Tags>& tags) {
  aws::Authorization out{std::string(action), arn, {}};
  if (!tags) return out;
  for (const auto& [name, value] : *tags) {
    out.condition_keys()["aws:RequestTag/" + name] = {value};
    out.condition_keys()["aws:TagKeys"].push_back(name);
  }
  return out;
}

aws::ApiError no_such_group() {
  return gen::logs::resource_not_found_exception("The specified log group does not exist.");
}
aws::ApiError no_such_stream() {
  return gen::logs::resource_not_found_exception("The specified log stream does not exist.");
}
aws::ApiError invalid_parameter(std::string message) {
  return gen::logs::invalid_parameter_exception(std::move(message));
}
aws::ApiError invalid_token() { return invalid_parameter("The specified nextToken is invalid."); }

std::int64_t begin_of_range(std::optional<std::int64_t> start_ms, std::int64_t expiry_ms) {
  return std::clamp(std::max(start_ms.value_or(0), expiry_ms), std::int64_t{0}, kEndOfTimeMs);
}

std::string digits(std::int64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

std::optional<std::int64_t> parse_digits(std::string_view text) {
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
    if (value > kEndOfTimeMs) return std::nullopt;
  }
  return value;
}

std::string sequence_token(std::int64_t next_sequence) { return "49" + digits(next_sequence, 54); }

std::string name_token(std::string_view name) { return base64_encode("1" + std::string(name)); }

aws::ApiResult<std::string> name_of_token(const std::optional<std::string>& token) {
  if (!token) return std::string();
  auto text = base64_decode(*token);
  if (!text || text->size() < 2 || text->front() != '1') return aws::fail(invalid_token());
  return text->substr(1);
}

}  // namespace kiln::logs
