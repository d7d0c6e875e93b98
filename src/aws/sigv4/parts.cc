// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4/parts.h"

#include <algorithm>
#include <cctype>

namespace kiln::aws::sigv4 {

std::unexpected<Failure> incomplete(std::string message, Failure::S3 s3) {
  return std::unexpected(
      Failure{Failure::Kind::kIncompleteSignature, std::move(message), std::move(s3)});
}

std::unexpected<Failure> invalid(std::string message, Failure::S3 s3) {
  return std::unexpected(
      Failure{Failure::Kind::kInvalidSignature, std::move(message), std::move(s3)});
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string fold(std::string_view name) {
  std::string out(name);
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool fill_credential(std::string_view credential, Authorization& out) {
  if (std::ranges::count(credential, '/') != 4) return false;
  auto parts = split(credential, '/');
  out.access_key_id = std::move(parts[0]);
  out.date = std::move(parts[1]);
  out.region = std::move(parts[2]);
  out.service = std::move(parts[3]);
  out.terminator = std::move(parts[4]);
  return true;
}

std::string bad_credential(std::string_view credential) {
  return "Credential must have exactly 5 slash-delimited elements, e.g. "
         "keyid/date/region/service/term, got '" +
         std::string(credential) + "'";
}

Checked<void> read_signed_headers(std::string_view text, Authorization& out) {
  if (static_cast<std::size_t>(std::ranges::count(text, ';')) >= kMaxSignedHeaders) {
    return invalid("The request signs more headers than this server takes.");
  }
  out.signed_headers = split(text, ';');
  for (auto& name : out.signed_headers) name = fold(name);
  auto sorted = out.signed_headers;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) {
    return invalid("The request signs a header twice.");
  }
  if (!contains(out.signed_headers, "host") && !contains(out.signed_headers, ":authority")) {
    return invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  }
  return {};
}

std::string basic_date(std::string_view text) {
  if (parse_amz_date(text)) return std::string(text);
  if (auto http_date = parse_http_date(text)) return format_amz_date(*http_date);
  return {};
}

std::string bad_date(std::string_view text) {
  return "Date must be in ISO-8601 'basic format'. Got '" + std::string(text) +
         "'. See http://en.wikipedia.org/wiki/ISO_8601";
}

Failure::S3 bad_date_s3() {
  return {"AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header", {}};
}

}  // namespace kiln::aws::sigv4
