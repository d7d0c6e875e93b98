// SPDX-License-Identifier: Apache-2.0
#pragma once
// AWS Signature Version 4 in the Authorization header or in the query (presigned URLs): parse,
// verify, sign. Pure functions; no clock, no store.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
//
// Failures are named and carry S3's own wording beside everybody else's, so that each service
// family says what AWS says (aws/auth_errors.h). Bodies are in aws/payload.h. SigV4A is refused.

#include "base/time.h"
#include "http/message.h"

#include <cstdint>
#include <expected>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kiln::aws::sigv4 {

inline constexpr std::int64_t kMaxSkewMs = 15 * 60 * 1000;
inline constexpr std::int64_t kMaxExpiresSeconds = 7 * 24 * 3600;
// More or repeated ones are refused: each costs a header's length in the canonical request.
inline constexpr std::size_t kMaxSignedHeaders = 128;
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kS3SignatureMismatch =
    "The request signature we calculated does not match the signature you provided. Check your key "
    "and signing method.";

// "Credential=AKID/20260131/us-east-1/lambda/aws4_request, SignedHeaders=..., Signature=..."
struct Authorization {
  std::string access_key_id;
  std::string date;  // YYYYMMDD
  std::string region;
  std::string service;
  std::string terminator;                   // "aws4_request" in every valid request
  std::vector<std::string> signed_headers;  // lower case, as listed
  std::string signature;
  std::string amz_date;  // YYYYMMDDTHHMMSSZ of X-Amz-Date or Date; empty from peek_authorization
  std::string session_token;                    // X-Amz-Security-Token; empty: none
  bool presigned = false;                       // from the query
  std::optional<std::int64_t> expires_seconds;  // X-Amz-Expires; always there for S3

  std::string scope() const;  // "20260131/us-east-1/lambda/aws4_request"
};

// A failure with the message of JSON and rest-json services (iam.md 1.7). `kind` picks the code.
struct Failure {
  enum class Kind : std::uint8_t {
    kMissingToken,         // no credentials at all
    kIncompleteSignature,  // a part of the header is missing or malformed
    kInvalidSignature,     // scope, skew or signature is wrong
  };
  Kind kind;
  std::string message;
  // S3's reply. Without a code: AccessDenied for a missing token, else as auth_errors.h has it.
  struct S3 {
    std::string_view code;
    int status = 400;
    std::string message;
    std::vector<std::pair<std::string, std::string>> fields;
  };
  S3 s3 = {};
};
template <class T>
using Checked = std::expected<T, Failure>;

// What is signed. Views into the request.
struct SignedRequest {
  std::string_view method;
  std::string_view path;   // raw
  std::string_view query;  // raw, without '?'
  const http::Headers* headers = nullptr;
};

// From the header, or else from `query` (raw) when it has X-Amz-Algorithm; both at once are
// refused. kMissingToken without either (or with a header that is not AWS4-...). Checks in AWS's
// order: completeness, date, host signed, algorithm, credential parts, X-Amz-Expires.
Checked<Authorization> parse_authorization(const http::Headers& headers,
                                           std::string_view query = {});
// The region and service of the request's scope without any check, for routing.
std::optional<Authorization> peek_authorization(const http::Headers& headers,
                                                std::string_view query = {});
// Region, service, terminator and date of the scope (faults are concatenated, as AWS does), then
// clock skew against `now` or, for presigned requests, their life: X-Amz-Expires (S3: required);
// without it, and for sts whatever it says, 15 minutes. Any well-formed region is accepted.
Checked<void> check_scope(const Authorization& authorization, const http::Headers& headers,
                          std::string_view expected_service, Timestamp now);
// S3 only: every x-amz-* header that came must be signed.
Checked<void> check_signed_headers(const Authorization& authorization,
                                   const http::Headers& headers);
// `payload_hash`: hex SHA-256 of the body, or the value of X-Amz-Content-Sha256 when it was sent.
// The caller has checked that a hash in X-Amz-Content-Sha256 is the body's.
Checked<void> check_signature(const Authorization& authorization, const SignedRequest& request,
                              std::string_view payload_hash, std::string_view secret_key);
// The same with a derived key, for callers that keep a SigningKeyCache.
Checked<void> check_signature_with_key(const Authorization& authorization,
                                       const SignedRequest& request, std::string_view payload_hash,
                                       std::string_view signing_key);

// The value of the query parameter `name` (as written), decoded; nullopt when it is not there.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

// The steps, for signing clients and tests. `normalize_path` is false for S3. X-Amz-Signature is
// left out of the query.
std::string canonical_request(const SignedRequest& request,
                              const std::vector<std::string>& signed_headers,
                              std::string_view payload_hash, bool normalize_path = true);
std::string string_to_sign(std::string_view amz_date, std::string_view scope,
                           std::string_view canonical_request);
std::string signing_key(std::string_view secret_key, std::string_view date, std::string_view region,
                        std::string_view service);
std::string signature(std::string_view signing_key, std::string_view string_to_sign);

// Derived signing keys, least recently used out first. Deriving one costs four HMACs, a hit none.
// Entries are found by the secret itself, so a changed secret never meets an old key. One thread.
class SigningKeyCache {
 public:
  explicit SigningKeyCache(std::size_t capacity = 1024) : capacity_(capacity) {}
  // The view stays valid until the next call.
  std::string_view get(std::string_view secret_key, const Authorization& authorization);
  std::size_t size() const { return order_.size(); }
  std::uint64_t misses() const { return misses_; }

 private:
  struct Entry {
    std::string id;
    std::string key;
  };
  std::size_t capacity_;
  std::uint64_t misses_ = 0;
  std::string id_;          // reused between calls
  std::list<Entry> order_;  // most recent first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> entries_;  // views of Entry::id
};

struct Signer {
  std::string access_key_id;
  std::string secret_key;
  std::string session_token;  // empty: long-term key
  std::string region;
  std::string service;
};
// Sets X-Amz-Date, X-Amz-Security-Token and Authorization in `headers` (Host must be there). Signs
// host, content-type and x-amz-*. A present X-Amz-Content-Sha256 stands for the body's hash.
void sign(const Signer& signer, std::string_view method, std::string_view path,
          std::string_view query, http::Headers& headers, std::string_view body, Timestamp now);
// The query of a presigned URL: `query` and the X-Amz-* parameters. Signs the host; `payload_hash`
// is kUnsignedPayload for S3, else that of the body.
std::string presign(const Signer& signer, std::string_view method, std::string_view path,
                    std::string_view query, std::string_view host, std::string_view payload_hash,
                    std::int64_t expires_seconds, Timestamp now);

}  // namespace kiln::aws::sigv4
