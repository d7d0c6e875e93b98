// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4.h"
#include "aws/sigv4/parts.h"

#include <algorithm>

namespace kiln::aws::sigv4 {
namespace {

constexpr std::string_view kTerminator = "aws4_request";
constexpr std::string_view kSupported =
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";

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

bool is_region(std::string_view text) {
  if (text.empty() || text.size() > 32) return false;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

// Not AWS4-...: no credentials to most services; S3 tells its old signature version apart.
std::unexpected<Failure> not_aws4(std::string_view text) {
  Failure failure{Failure::Kind::kMissingToken, "Request is missing Authentication Token"};
  if (text.starts_with("AWS ")) {
    failure.s3 = {"InvalidRequest", 400, std::string(kSupported), {}};
  } else if (!text.empty()) {
    failure.s3 = {"InvalidArgument",
                  400,
                  "Unsupported Authorization Type",
                  {{"ArgumentName", "Authorization"}, {"ArgumentValue", std::string(text)}}};
  }
  return std::unexpected(std::move(failure));
}

std::string missing_parts(const Header& header, bool has_date) {
  std::string missing;
  const auto require = [&missing](std::string_view name, std::string_view value) {
    if (!value.empty()) return;
    missing += "Authorization header requires '" + std::string(name) + "' parameter. ";
  };
  require("Credential", header.credential);
  require("Signature", header.signature);
  require("SignedHeaders", header.signed_headers);
  if (!has_date) {
    missing +=
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  return missing;
}

Failure::S3 malformed_header(std::string_view what) {
  return {"AuthorizationHeaderMalformed",
          400,
          "The authorization header is malformed; " + std::string(what),
          {}};
}

std::unexpected<Failure> both_forms(std::string_view text) {
  return invalid(
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
      {"InvalidArgument",
       400,
       "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
       "query string parameter or the Authorization header should be specified",
       {{"ArgumentName", "Authorization"}, {"ArgumentValue", std::string(text)}}});
}

}  // namespace

std::string Authorization::scope() const {
  return date + '/' + region + '/' + service + '/' + terminator;
}

Checked<Authorization> parse_authorization(const http::Headers& headers, std::string_view query) {
  const std::string_view text = trim(headers.get("Authorization").value_or(""));
  const bool presigned = is_presigned(query);
  if (text.empty() && presigned) return parse_presigned(query);
  if (!text.starts_with("AWS4-")) return not_aws4(text);
  if (presigned) return both_forms(text);

  const Header header = tokenize(text);
  auto date = headers.get("X-Amz-Date");
  if (!date) date = headers.get("Date");
  if (const std::string missing = missing_parts(header, date.has_value()); !missing.empty()) {
    return incomplete(missing + "Authorization=" + std::string(text),
                      date ? malformed_header("it lacks a part that is required.") : bad_date_s3());
  }
  Authorization out;
  out.amz_date = basic_date(trim(*date));
  if (out.amz_date.empty()) return incomplete(bad_date(*date), bad_date_s3());
  KILN_SIGV4_TRY(read_signed_headers(header.signed_headers, out));
  if (header.algorithm != kAlgorithm) {
    return incomplete("Unsupported AWS 'algorithm': '" + std::string(header.algorithm) +
                          "' (only AWS4-HMAC-SHA256 for now). ",
                      {"InvalidRequest", 400, std::string(kSupported), {}});
  }
  if (!fill_credential(header.credential, out)) {
    return incomplete(bad_credential(header.credential),
                      malformed_header("the Credential is mal-formed; expecting \"" +
                                       std::string(kCredentialForm) + "\"."));
  }
  out.signature = header.signature;
  out.session_token = headers.get("X-Amz-Security-Token").value_or("");
  return out;
}

std::optional<Authorization> peek_authorization(const http::Headers& headers,
                                                std::string_view query) {
  const std::string_view text = trim(headers.get("Authorization").value_or(""));
  Authorization out;
  if (text.empty() && is_presigned(query)) {
    const auto credential = query_parameter(query, "X-Amz-Credential");
    if (!credential || !fill_credential(*credential, out)) return std::nullopt;
    return out;
  }
  if (!text.starts_with("AWS4-")) return std::nullopt;
  const Header header = tokenize(text);
  if (fill_credential(header.credential, out)) return out;
  // SigV4A's scope has no region.
  if (header.algorithm == kAlgorithm || std::ranges::count(header.credential, '/') != 3) {
    return std::nullopt;
  }
  const auto parts = split(header.credential, '/');
  out.access_key_id = parts[0];
  out.date = parts[1];
  out.service = parts[2];
  out.terminator = parts[3];
  return out;
}

namespace {

std::string minutes_or_seconds(std::int64_t seconds) {
  return seconds % 60 == 0 ? std::to_string(seconds / 60) + " min."
                           : std::to_string(seconds) + " sec.";
}

Failure::S3 too_skewed(std::string_view amz_date, Timestamp now) {
  return {"RequestTimeTooSkewed",
          403,
          "The difference between the request time and the current time is too large.",
          {{"RequestTime", std::string(amz_date)},
           {"ServerTime", format_iso8601(now)},
           {"MaxAllowedSkewMilliseconds", std::to_string(kMaxSkewMs)}}};
}

Failure::S3 expired(const Authorization& a, std::int64_t life_seconds, Timestamp signed_at,
                    Timestamp now) {
  if (!a.presigned) return too_skewed(a.amz_date, now);
  return {"AccessDenied",
          403,
          "Request has expired",
          {{"X-Amz-Expires", std::to_string(life_seconds)},
           {"Expires", format_iso8601({signed_at.ms + life_seconds * 1000})},
           {"ServerTime", format_iso8601(now)}}};
}

Failure::S3 not_yet_valid(const Authorization& a, Timestamp now) {
  if (!a.presigned) return too_skewed(a.amz_date, now);
  return {"AccessDenied", 403, "Request is not valid yet", {{"ServerTime", format_iso8601(now)}}};
}

Checked<void> check_time(const Authorization& a, Timestamp now) {
  const auto signed_at = parse_amz_date(a.amz_date);
  if (!signed_at) return incomplete(bad_date(a.amz_date), bad_date_s3());
  // sts takes its presigned requests for 15 minutes, whatever they say.
  const bool own_life = a.presigned && a.expires_seconds && a.service != "sts";
  const std::int64_t life = own_life ? *a.expires_seconds : kMaxSkewMs / 1000;
  const Timestamp second{now.ms - (now.ms % 1000 + 1000) % 1000};
  if (now.ms > signed_at->ms + life * 1000) {
    return invalid("Signature expired: " + a.amz_date + " is now earlier than " +
                       format_amz_date({second.ms - life * 1000}) + " (" + format_amz_date(second) +
                       " - " + minutes_or_seconds(life) + ")",
                   expired(a, life, *signed_at, second));
  }
  if (signed_at->ms > now.ms + kMaxSkewMs) {
    return invalid("Signature not yet current: " + a.amz_date + " is still later than " +
                       format_amz_date({second.ms + kMaxSkewMs}) + " (" + format_amz_date(second) +
                       " + 15 min.)",
                   not_yet_valid(a, second));
  }
  return {};
}

// S3 names the first fault of a scope.
Failure::S3 bad_scope(const Authorization& a, std::string_view expected_service) {
  Failure::S3 out;
  out.code = a.presigned ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed";
  out.message = a.presigned ? "Error parsing the X-Amz-Credential parameter; "
                            : "The authorization header is malformed; ";
  if (!is_region(a.region)) {
    out.message += "the region '" + a.region + "' is wrong; expecting 'us-east-1'";
    out.fields = {{"Region", "us-east-1"}};
  } else if (a.service != expected_service) {
    out.message += "incorrect service \"" + a.service + "\". This endpoint belongs to \"" +
                   std::string(expected_service) + "\".";
  } else if (a.terminator != kTerminator) {
    out.message +=
        "incorrect terminal \"" + a.terminator + "\". This endpoint uses \"aws4_request\".";
  } else {
    out.message += "Invalid credential date \"" + a.date +
                   "\". This date is not the same as X-Amz-Date: \"" + a.amz_date.substr(0, 8) +
                   "\".";
  }
  return out;
}

}  // namespace

Checked<void> check_scope(const Authorization& authorization, const http::Headers&,
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
  if (!faults.empty()) {
    return invalid(std::move(faults), bad_scope(authorization, expected_service));
  }
  return check_time(authorization, now);
}

Checked<void> check_signed_headers(const Authorization& authorization,
                                   const http::Headers& headers) {
  std::string unsigned_names;
  for (const auto& [name, value] : headers.fields()) {
    const std::string folded = fold(name);
    // The payload line is signed in any case, so that header may stay out.
    if (!folded.starts_with("x-amz-") || folded == "x-amz-content-sha256") continue;
    if (contains(authorization.signed_headers, folded)) continue;
    if (!unsigned_names.empty()) unsigned_names += ", ";
    unsigned_names += folded;
  }
  if (unsigned_names.empty()) return {};
  const std::string message = "There were headers present in the request which were not signed";
  return invalid(message,
                 {"AccessDenied", 403, message, {{"HeadersNotSigned", std::move(unsigned_names)}}});
}

}  // namespace kiln::aws::sigv4
