// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4.h"
#include "http/message.h"

#include <algorithm>
#include <cctype>

namespace kiln::aws::sigv4 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";

std::unexpected<Failure> incomplete(std::string message) {
  return std::unexpected(Failure{Failure::Kind::kIncompleteSignature, std::move(message)});
}
std::unexpected<Failure> invalid(std::string message) {
  return std::unexpected(Failure{Failure::Kind::kInvalidSignature, std::move(message)});
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

// The pieces of the header's text; parameters are separated by commas or blanks in any order.
struct Header {
  std::string_view algorithm;
  std::string_view credential;
  std::string_view signed_headers;
  std::string_view signature;
};

Header tokenize(std::string_view text) {
  Header header;
  text = trim(text);
  const auto first = text.find_first_of(" ,");
  header.algorithm = text.substr(0, first);
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" ,\t"), text.size());
    const std::string_view token = text.substr(0, end);
    text.remove_prefix(end == text.size() ? end : end + 1);
    const auto equals = token.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = token.substr(0, equals), value = token.substr(equals + 1);
    if (name == "Credential") header.credential = value;
    if (name == "SignedHeaders") header.signed_headers = value;
    if (name == "Signature") header.signature = value;
  }
  return header;
}

bool has_presigned_query(std::string_view query) {
  constexpr std::string_view kName = "X-Amz-Algorithm=";
  return query.starts_with(kName) || query.find("&X-Amz-Algorithm=") != std::string_view::npos;
}

bool fill_credential(std::string_view credential, Authorization& out) {
  auto parts = split(credential, '/');
  if (parts.size() != 5) return false;
  out.access_key_id = std::move(parts[0]);
  out.date = std::move(parts[1]);
  out.region = std::move(parts[2]);
  out.service = std::move(parts[3]);
  out.terminator = std::move(parts[4]);
  return true;
}

std::vector<std::string> fold_names(std::string_view signed_headers) {
  auto names = split(signed_headers, ';');
  for (auto& name : names) {
    for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return names;
}

// The request's date in basic form, from either header and either of the forms clients send.
std::string basic_date(std::string_view text) {
  if (parse_amz_date(text)) return std::string(text);
  if (auto http_date = parse_http_date(text)) return format_amz_date(*http_date);
  return {};
}

std::string bad_date(std::string_view text) {
  return "Date must be in ISO-8601 'basic format'. Got '" + std::string(text) +
         "'. See http://en.wikipedia.org/wiki/ISO_8601";
}

bool is_region(std::string_view text) {
  if (text.empty() || text.size() > 32) return false;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  for (const auto& n : names) {
    if (n == name) return true;
  }
  return false;
}

Checked<void> check_skew(std::string_view amz_date, Timestamp now) {
  const auto signed_at = parse_amz_date(amz_date);
  if (!signed_at) return incomplete(bad_date(amz_date));
  const Timestamp second{now.ms - (now.ms % 1000 + 1000) % 1000};
  if (signed_at->ms < now.ms - kMaxSkewMs) {
    return invalid("Signature expired: " + std::string(amz_date) + " is now earlier than " +
                   format_amz_date({second.ms - kMaxSkewMs}) + " (" + format_amz_date(second) +
                   " - 15 min.)");
  }
  if (signed_at->ms > now.ms + kMaxSkewMs) {
    return invalid("Signature not yet current: " + std::string(amz_date) + " is still later than " +
                   format_amz_date({second.ms + kMaxSkewMs}) + " (" + format_amz_date(second) +
                   " + 15 min.)");
  }
  return {};
}

}  // namespace

std::string Authorization::scope() const {
  return date + '/' + region + '/' + service + '/' + terminator;
}

Checked<Authorization> parse_authorization(const http::Headers& headers, std::string_view query) {
  const auto text = headers.get("Authorization");
  if (!text || !trim(*text).starts_with("AWS4-")) {
    return std::unexpected(
        Failure{Failure::Kind::kMissingToken, "Request is missing Authentication Token"});
  }
  if (has_presigned_query(query)) {
    return invalid(
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
  }
  const Header header = tokenize(*text);
  auto date = headers.get("X-Amz-Date");
  if (!date) date = headers.get("Date");
  std::string missing;
  const auto require = [&missing](std::string_view name, std::string_view value) {
    if (!value.empty()) return;
    missing += "Authorization header requires '" + std::string(name) + "' parameter. ";
  };
  require("Credential", header.credential);
  require("Signature", header.signature);
  require("SignedHeaders", header.signed_headers);
  if (!date) {
    missing +=
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  if (!missing.empty()) return incomplete(missing + "Authorization=" + std::string(*text));

  Authorization out;
  out.amz_date = basic_date(trim(*date));
  if (out.amz_date.empty()) return incomplete(bad_date(*date));
  out.signed_headers = fold_names(header.signed_headers);
  if (!contains(out.signed_headers, "host") && !contains(out.signed_headers, ":authority")) {
    return invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (header.algorithm != kAlgorithm) {
    return incomplete("Unsupported AWS 'algorithm': '" + std::string(header.algorithm) +
                      "' (only AWS4-HMAC-SHA256 for now). ");
  }
  if (!fill_credential(header.credential, out)) {
    return incomplete(
        "Credential must have exactly 5 slash-delimited elements, e.g. "
        "keyid/date/region/service/term, got '" +
        std::string(header.credential) + "'");
  }
  out.signature = header.signature;
  return out;
}

std::optional<Authorization> peek_authorization(const http::Headers& headers) {
  const auto text = headers.get("Authorization");
  if (!text || !trim(*text).starts_with("AWS4-")) return std::nullopt;
  Authorization out;
  if (!fill_credential(tokenize(*text).credential, out)) return std::nullopt;
  return out;
}

Checked<void> check_scope(const Authorization& authorization, const http::Headers& headers,
                          std::string_view expected_service, Timestamp now) {
  std::string faults;
  if (!is_region(authorization.region)) {
    faults += "Credential should be scoped to a valid region, not '" + authorization.region + "'. ";
  }
  if (authorization.service != expected_service) {
    faults +=
        "Credential should be scoped to correct service: '" + std::string(expected_service) + "'. ";
  }
  if (authorization.terminator != kTerminator) {
    faults += "Credential should be scoped with a valid terminator: 'aws4_request', not '" +
              authorization.terminator + "'. ";
  }
  const std::string_view day = std::string_view(authorization.amz_date).substr(0, 8);
  if (authorization.date != day) {
    faults +=
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        "HTTP: '" +
        authorization.date + "' != '" + std::string(day) + "', from '" + authorization.amz_date +
        "'.";
  }
  if (!faults.empty()) return invalid(std::move(faults));
  return check_skew(authorization.amz_date, now);
}

}  // namespace kiln::aws::sigv4
