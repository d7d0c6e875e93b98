// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/reads.h"

#include "services/s3/model/errors.h"

#include <algorithm>
#include <charconv>

namespace kiln::s3 {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Whether one of a header's ETags is that of the version.
bool names(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    const auto comma = header.find(',');
    std::string_view one = trim(header.substr(0, comma));
    header.remove_prefix(comma == std::string_view::npos ? header.size() : comma + 1);
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one.size() >= 2 && one.front() == '"' && one.back() == '"')
      one = one.substr(1, one.size() - 2);
    if (one == etag) return true;
  }
  return false;
}

enum class Outcome : std::uint8_t { kPass, kIfMatch, kUnmodified, kIfNoneMatch, kModified };

// A matching If-Match hides If-Unmodified-Since, a failing If-None-Match hides If-Modified-Since.
Outcome evaluate(const ReadConditions& c, const Version& version) {
  if (c.if_match) {
    if (!names(*c.if_match, version.etag)) return Outcome::kIfMatch;
  } else if (c.if_unmodified_since && version.modified > *c.if_unmodified_since) {
    return Outcome::kUnmodified;
  }
  if (c.if_none_match) {
    if (names(*c.if_none_match, version.etag)) return Outcome::kIfNoneMatch;
  } else if (c.if_modified_since && version.modified <= *c.if_modified_since) {
    return Outcome::kModified;
  }
  return Outcome::kPass;
}

}  // namespace

aws::ApiResult<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size) {
  const std::string_view sent = header;
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header = trim(header.substr(kUnit.size()));
  const auto dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view from = header.substr(0, dash);
  const std::string_view to = header.substr(dash + 1);
  if (from.empty()) {
    const auto suffix = parse_number(to);
    if (!suffix) return std::nullopt;
    if (*suffix == 0 || size == 0) return aws::fail(invalid_range(sent, size));
    return ByteRange{size - std::min(*suffix, size), size - 1};
  }
  const auto first = parse_number(from);
  const auto last = to.empty() ? std::optional(size == 0 ? 0 : size - 1) : parse_number(to);
  if (!first || !last || (!to.empty() && *last < *first)) return std::nullopt;
  if (*first >= size) return aws::fail(invalid_range(sent, size));
  return ByteRange{*first, std::min(*last, size - 1)};
}

aws::ApiResult<void> check_read(const ReadConditions& conditions, const Version& version) {
  switch (evaluate(conditions, version)) {
    case Outcome::kPass:
      return {};
    case Outcome::kIfMatch:
      return aws::fail(precondition_failed("If-Match"));
    case Outcome::kUnmodified:
      return aws::fail(precondition_failed("If-Unmodified-Since"));
    case Outcome::kIfNoneMatch:
    case Outcome::kModified:
      break;
  }
  return aws::fail({"NotModified",
                    304,
                    "Not Modified",
                    {},
                    {{"ETag", "\"" + version.etag + "\""},
                     {"Last-Modified", format_http_date(version.modified)},
                     {"x-amz-server-side-encryption", "AES256"}}});
}

aws::ApiResult<void> check_copy_source(const ReadConditions& conditions, const Version& version) {
  switch (evaluate(conditions, version)) {
    case Outcome::kPass:
      return {};
    case Outcome::kIfMatch:
      return aws::fail(precondition_failed("x-amz-copy-source-If-Match"));
    case Outcome::kUnmodified:
      return aws::fail(precondition_failed("x-amz-copy-source-If-Unmodified-Since"));
    case Outcome::kIfNoneMatch:
      return aws::fail(precondition_failed("x-amz-copy-source-If-None-Match"));
    case Outcome::kModified:
      break;
  }
  return aws::fail(precondition_failed("x-amz-copy-source-If-Modified-Since"));
}

}  // namespace kiln::s3
