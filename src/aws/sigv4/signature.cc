// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4/parts.h"
#include "base/crypto.h"
#include "base/encoding.h"

#include <algorithm>

namespace kiln::aws::sigv4 {
namespace {

bool is_signed_by_us(std::string_view name) {
  return name == "host" || name == "content-type" || name.starts_with("x-amz-");
}

// "41 57 53 34": what S3 says of a text that two sides should have spelled the same.
std::string spaced_hex(std::string_view text) {
  const std::string hex = hex_encode(text);
  std::string out;
  out.reserve(hex.size() * 3 / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    if (i != 0) out += ' ';
    out.append(hex, i, 2);
  }
  return out;
}

}  // namespace

std::string signing_key(std::string_view secret_key, std::string_view date, std::string_view region,
                        std::string_view service) {
  const auto date_key = hmac_sha256("AWS4" + std::string(secret_key), date);
  const auto region_key = hmac_sha256(as_view(date_key), region);
  const auto service_key = hmac_sha256(as_view(region_key), service);
  const auto key = hmac_sha256(as_view(service_key), "aws4_request");
  return std::string(as_view(key));
}

std::string signature(std::string_view signing_key, std::string_view string_to_sign) {
  return hex_encode(as_view(hmac_sha256(signing_key, string_to_sign)));
}

Checked<void> check_signature_with_key(const Authorization& authorization,
                                       const SignedRequest& request, std::string_view payload_hash,
                                       std::string_view signing_key) {
  const std::string canonical = canonical_request(request, authorization.signed_headers,
                                                  payload_hash, authorization.service != "s3");
  const std::string to_sign =
      string_to_sign(authorization.amz_date, authorization.scope(), canonical);
  const std::string expected = signature(signing_key, to_sign);
  if (constant_time_equal(expected, authorization.signature)) return {};
  return invalid(
      "The request signature we calculated does not match the signature you provided. Check your "
      "AWS Secret Access Key and signing method. Consult the service documentation for details.",
      {"SignatureDoesNotMatch",
       403,
       std::string(kS3SignatureMismatch),
       {{"AWSAccessKeyId", authorization.access_key_id},
        {"StringToSign", to_sign},
        {"SignatureProvided", authorization.signature},
        {"StringToSignBytes", spaced_hex(to_sign)},
        {"CanonicalRequest", canonical},
        {"CanonicalRequestBytes", spaced_hex(canonical)}}});
}

Checked<void> check_signature(const Authorization& authorization, const SignedRequest& request,
                              std::string_view payload_hash, std::string_view secret_key) {
  return check_signature_with_key(
      authorization, request, payload_hash,
      signing_key(secret_key, authorization.date, authorization.region, authorization.service));
}

std::string_view SigningKeyCache::get(std::string_view secret_key,
                                      const Authorization& authorization) {
  id_.assign(secret_key);
  for (const std::string* part :
       {&authorization.date, &authorization.region, &authorization.service}) {
    id_ += '\0';
    id_ += *part;
  }
  if (const auto found = entries_.find(id_); found != entries_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return found->second->key;
  }
  ++misses_;
  if (order_.size() >= capacity_ && !order_.empty()) {
    entries_.erase(order_.back().id);
    order_.pop_back();
  }
  order_.push_front({id_, signing_key(secret_key, authorization.date, authorization.region,
                                      authorization.service)});
  entries_.emplace(order_.front().id, order_.begin());
  return order_.front().key;
}

void sign(const Signer& signer, std::string_view method, std::string_view path,
          std::string_view query, http::Headers& headers, std::string_view body, Timestamp now) {
  const std::string amz_date = format_amz_date(now);
  headers.remove("Authorization");
  headers.set("X-Amz-Date", amz_date);
  if (!signer.session_token.empty()) headers.set("X-Amz-Security-Token", signer.session_token);

  Authorization authorization;
  authorization.date = amz_date.substr(0, 8);
  authorization.region = signer.region;
  authorization.service = signer.service;
  authorization.terminator = "aws4_request";
  for (const auto& [name, value] : headers.fields()) {
    std::string folded = fold(name);
    if (is_signed_by_us(folded)) authorization.signed_headers.push_back(std::move(folded));
  }
  auto& names = authorization.signed_headers;
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());

  const auto declared = headers.get("X-Amz-Content-Sha256");
  const std::string payload_hash = declared ? std::string(*declared) : sha256_hex(body);
  const std::string canonical = canonical_request({method, path, query, &headers}, names,
                                                  payload_hash, signer.service != "s3");
  const std::string key =
      signing_key(signer.secret_key, authorization.date, signer.region, signer.service);
  std::string text = "AWS4-HMAC-SHA256 Credential=" + signer.access_key_id + '/' +
                     authorization.scope() + ", SignedHeaders=";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) text += ';';
    text += names[i];
  }
  text +=
      ", Signature=" + signature(key, string_to_sign(amz_date, authorization.scope(), canonical));
  headers.set("Authorization", std::move(text));
}

}  // namespace kiln::aws::sigv4
