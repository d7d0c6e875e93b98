// SPDX-License-Identifier: Apache-2.0
#include "aws/auth_errors.h"

namespace kiln::aws {
namespace {

using Failed = sigv4::Failure::Kind;

// JSON services answer 400 for everything, the others 403 but for incomplete query requests.
int status_of(Protocol protocol) {
  return protocol == Protocol::kJson10 || protocol == Protocol::kJson11 ||
                 protocol == Protocol::kRpcV2Cbor
             ? 400
             : 403;
}

// The same failure in the spelling of modern services, of query services, and of S3.
ApiError pick(Protocol protocol, std::string_view modern, std::string_view query,
              std::string_view s3, std::string message) {
  const std::string_view code = protocol == Protocol::kQuery     ? query
                                : protocol == Protocol::kRestXml ? s3
                                                                 : modern;
  ApiError error;
  error.code = code;
  error.http_status = status_of(protocol);
  error.message = std::move(message);
  return error;
}

}  // namespace

ApiError auth_error(const sigv4::Failure& failure, Protocol protocol) {
  if (protocol == Protocol::kRestXml && !failure.s3.code.empty()) {
    ApiError error;
    error.code = failure.s3.code;
    error.http_status = failure.s3.status;
    error.message = failure.s3.message;
    error.fields = failure.s3.fields;
    return error;
  }
  switch (failure.kind) {
    case Failed::kMissingToken: {
      const bool rest = protocol == Protocol::kRestJson;
      auto error =
          pick(protocol, "MissingAuthenticationTokenException", "MissingAuthenticationToken",
               "AccessDenied",
               rest ? "Missing Authentication Token" : "Request is missing Authentication Token");
      if (protocol == Protocol::kRestXml) error.message = "Access Denied";
      return error;
    }
    case Failed::kIncompleteSignature: {
      auto error = pick(protocol, "IncompleteSignatureException", "IncompleteSignature",
                        "AuthorizationHeaderMalformed", failure.message);
      if (protocol == Protocol::kQuery || protocol == Protocol::kRestXml) error.http_status = 400;
      return error;
    }
    case Failed::kInvalidSignature:
      break;
  }
  return pick(protocol, "InvalidSignatureException", "SignatureDoesNotMatch",
              "SignatureDoesNotMatch", failure.message);
}

ApiError unknown_key_error(Protocol protocol, std::string_view access_key_id) {
  if (protocol == Protocol::kRestXml) {
    auto error = pick(protocol, {}, {}, "InvalidAccessKeyId",
                      "The AWS Access Key Id you provided does not exist in our records.");
    error.fields = {{"AWSAccessKeyId", std::string(access_key_id)}};
    return error;
  }
  return pick(protocol, "UnrecognizedClientException", "InvalidClientTokenId", {},
              "The security token included in the request is invalid.");
}

ApiError expired_token_error(Protocol protocol, std::string_view token) {
  if (protocol == Protocol::kRestXml) {
    auto error = pick(protocol, {}, {}, "ExpiredToken", "The provided token has expired.");
    error.http_status = 400;
    error.fields = {{"Token-0", std::string(token)}};
    return error;
  }
  return pick(protocol, "ExpiredTokenException", "ExpiredToken", {},
              "The security token included in the request is expired");
}

ApiError bad_token_error(Protocol protocol, std::string_view token) {
  if (protocol == Protocol::kRestXml) {
    auto error = pick(protocol, {}, {}, "InvalidToken",
                      "The provided token is malformed or otherwise invalid.");
    error.http_status = 400;
    error.fields = {{"Token-0", std::string(token)}};
    return error;
  }
  // Unlike unknown_key_error the text ends without a period.
  return pick(protocol, "UnrecognizedClientException", "InvalidClientTokenId", {},
              "The security token included in the request is invalid");
}

ApiError content_hash_error(Protocol protocol, std::string_view sent, std::string_view computed) {
  if (protocol == Protocol::kRestXml) {
    auto error =
        pick(protocol, {}, {}, "XAmzContentSHA256Mismatch",
             "The provided 'x-amz-content-sha256' header does not match what was computed.");
    error.http_status = 400;
    error.fields = {{"ClientComputedContentSHA256", std::string(sent)},
                    {"S3ComputedContentSHA256", std::string(computed)}};
    return error;
  }
  return auth_error({Failed::kInvalidSignature,
                     "The request signature we calculated does not match the signature you "
                     "provided. Check your AWS Secret Access Key and signing method. Consult the "
                     "service documentation for details."},
                    protocol);
}

}  // namespace kiln::aws
