// SPDX-License-Identifier: Apache-2.0
// The query form: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
#include "aws/sigv4/parts.h"
#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace kiln::aws::sigv4 {
namespace {

Failure::S3 bad_query(std::string message) {
  return {"AuthorizationQueryParametersError", 400, std::move(message), {}};
}

// In the order in which services name the missing ones.
constexpr std::array<std::string_view, 5> kRequired = {
    "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"};

std::unexpected<Failure> bad_expires(std::string_view text) {
  return incomplete(std::string(text), bad_query(std::string(text)));
}

Checked<std::int64_t> read_expires(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool number = !text.empty() && end == text.data() + text.size();
  if (number && error == std::errc::result_out_of_range) {
    seconds = text.front() == '-' ? -1 : kMaxExpiresSeconds + 1;
  } else if (!number || error != std::errc()) {
    return bad_expires("X-Amz-Expires should be a number");
  }
  if (seconds > kMaxExpiresSeconds) {
    return bad_expires(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
        "must be less than 604800 seconds");
  }
  if (seconds < 0) return bad_expires("X-Amz-Expires must be non-negative");
  if (seconds == 0) return bad_expires("X-Amz-Expires must be greater than zero");
  return seconds;
}

}  // namespace

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(part.find('='), part.size());
    if (part.substr(0, equals) != name) continue;
    auto decoded = percent_decode(part.substr(std::min(equals + 1, part.size())));
    return decoded ? std::move(*decoded) : std::string();
  }
  return std::nullopt;
}

bool is_presigned(std::string_view query) {
  return query_parameter(query, kRequired.front()).has_value();
}

Checked<Authorization> parse_presigned(std::string_view query) {
  std::array<std::string, kRequired.size()> values;
  std::string missing;
  for (std::size_t i = 0; i < kRequired.size(); ++i) {
    values[i] = query_parameter(query, kRequired[i]).value_or("");
    if (!values[i].empty()) continue;
    missing += "AWS query-string parameters must include '" + std::string(kRequired[i]) + "'. ";
  }
  const auto& [algorithm, credential, signature, signed_headers, date] = values;
  Authorization out;
  const bool five_parts = fill_credential(credential, out);
  const auto expires = query_parameter(query, "X-Amz-Expires");
  if (!missing.empty() || (out.service == "s3" && !expires)) {
    return incomplete(missing + "Re-examine the query-string parameters.",
                      bad_query("Query-string authentication version 4 requires the "
                                "X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, "
                                "X-Amz-SignedHeaders, and X-Amz-Expires parameters."));
  }
  if (!parse_amz_date(date)) {
    return incomplete(bad_date(date), bad_query("X-Amz-Date must be in the ISO8601 Long Format "
                                                "\"yyyyMMdd'T'HHmmss'Z'\""));
  }
  out.amz_date = date;
  KILN_SIGV4_TRY(read_signed_headers(signed_headers, out));
  if (algorithm != kAlgorithm) {
    return incomplete(
        "Unsupported AWS 'algorithm': '" + algorithm + "' (only AWS4-HMAC-SHA256 for now). ",
        bad_query("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""));
  }
  if (!five_parts) {
    return incomplete(bad_credential(credential),
                      bad_query("Error parsing the X-Amz-Credential parameter; the Credential is "
                                "mal-formed; expecting \"" +
                                std::string(kCredentialForm) + "\"."));
  }
  if (expires) {
    auto seconds = read_expires(*expires);
    if (!seconds) return std::unexpected(std::move(seconds.error()));
    out.expires_seconds = *seconds;
  }
  out.signature = signature;
  out.session_token = query_parameter(query, "X-Amz-Security-Token").value_or("");
  out.presigned = true;
  return out;
}

std::string presign(const Signer& signer, std::string_view method, std::string_view path,
                    std::string_view query, std::string_view host, std::string_view payload_hash,
                    std::int64_t expires_seconds, Timestamp now) {
  Authorization a;
  a.amz_date = format_amz_date(now);
  a.date = a.amz_date.substr(0, 8);
  a.region = signer.region;
  a.service = signer.service;
  a.terminator = "aws4_request";
  std::string out(query);
  const auto add = [&out](std::string_view name, std::string_view value) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(percent_encode(value));
  };
  add("X-Amz-Algorithm", kAlgorithm);
  add("X-Amz-Credential", signer.access_key_id + '/' + a.scope());
  add("X-Amz-Date", a.amz_date);
  add("X-Amz-Expires", std::to_string(expires_seconds));
  add("X-Amz-SignedHeaders", "host");
  if (!signer.session_token.empty()) add("X-Amz-Security-Token", signer.session_token);
  http::Headers headers;
  headers.add("Host", std::string(host));
  const std::string canonical = canonical_request({method, path, out, &headers}, {"host"},
                                                  payload_hash, signer.service != "s3");
  const std::string key = signing_key(signer.secret_key, a.date, signer.region, signer.service);
  add("X-Amz-Signature", sigv4::signature(key, string_to_sign(a.amz_date, a.scope(), canonical)));
  return out;
}

}  // namespace kiln::aws::sigv4
