// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations of CloudWatch Logs share: names, ARNs, errors with AWS's texts, tokens.

#include "aws/api_error.h"
#include "aws/request_context.h"
#include "services/logs/model/records.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::logs {

inline constexpr std::string_view kRoom = "logs";
inline constexpr std::size_t kMaxDescribed = 50;

using Tags = std::map<std::string, std::string>;

// "arn:aws:logs:R:A:log-group:NAME", without the ":*" that DescribeLogGroups adds to `arn`.
std::string group_arn(const GroupName& group);
std::string stream_arn(const GroupName& group, std::string_view stream);

inline GroupName group_of(const aws::RequestContext& context,
                          const std::optional<std::string>& name) {
  return {context.account, context.region, name.value_or("")};
}
// The group of an operation that takes a name or an identifier (name or ARN), exactly one of them.
aws::ApiResult<GroupName> group_of(const aws::RequestContext& context,
                                   const std::optional<std::string>& name,
                                   const std::optional<std::string>& identifier);
// The group of a tagging operation's resourceArn.
aws::ApiResult<GroupName> tagged_group(const aws::RequestContext& context,
                                       const std::optional<std::string>& arn);

// Resources as IAM sees them. A group's is "log-group:NAME:log-stream:", the form of AWS's own
// denials: policies are written for "log-group:NAME:*".
aws::Authorization on_group(const aws::RequestContext& context, std::string_view action,
                            const std::optional<std::string>& name,
                            const std::optional<std::string>& identifier = std::nullopt);
aws::Authorization on_stream(const aws::RequestContext& context, std::string_view action,
                             const std::optional<std::string>& group,
                             const std::optional<std::string>& stream,
                             const std::optional<std::string>& identifier = std::nullopt);
// Tagging checks the ARN without a suffix.
aws::Authorization on_tagged(const aws::RequestContext& context, std::string_view action,
                             const std::string& arn, const std::optional<Tags>& tags);

aws::ApiError no_such_group();
aws::ApiError no_such_stream();
aws::ApiError invalid_parameter(std::string message);
aws::ApiError invalid_token();

// Later than any event: times are checked against it, so that arithmetic on them is safe.
inline constexpr std::int64_t kEndOfTimeMs = 1'000'000'000'000'000;

// Where a read begins: startTime, but nothing that has expired.
std::int64_t begin_of_range(std::optional<std::int64_t> start_ms, std::int64_t expiry_ms);

// `value` (not negative) in exactly `width` decimal digits.
std::string digits(std::int64_t value, std::size_t width);
// nullopt for anything but digits, or past kEndOfTimeMs.
std::optional<std::int64_t> parse_digits(std::string_view text);
// Clients still print it; nobody checks it.
std::string sequence_token(std::int64_t next_sequence);

// Opaque tokens that hold a name.
std::string name_token(std::string_view name);
aws::ApiResult<std::string> name_of_token(const std::optional<std::string>& token);

}  // namespace kiln::logs
