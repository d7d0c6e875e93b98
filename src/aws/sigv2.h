// SPDX-License-Identifier: Apache-2.0
#pragma once
// AWS Signature Version 2 as S3 still takes it from presigned URLs and forms: what boto3 and the
// aws command make unless they are told otherwise. Pure functions.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html

#include "http/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::aws::sigv2 {

struct Presigned {
  std::string access_key_id;
  std::string signature;           // base64
  std::int64_t expires = 0;        // seconds since 1970
  std::string session_token = {};  // empty: none
};

// nullopt: the query is not signed like this.
std::optional<Presigned> parse_presigned(std::string_view query);
// URLs carry the headers that were signed (x-amz-*, Content-Type, Content-MD5) as parameters:
// makes them fields of `headers`, unless they are there.
void take_headers(std::string_view query, http::Headers& headers);

struct SignedRequest {
  std::string_view method;
  std::string_view path;            // raw
  std::string_view query;           // raw
  std::string_view bucket_in_host;  // empty: the path names the bucket
  const http::Headers* headers = nullptr;
};
std::string string_to_sign(const SignedRequest& request, std::int64_t expires);
// Base64 of the HMAC-SHA1.
std::string signature(std::string_view secret_key, std::string_view string_to_sign);

}  // namespace kiln::aws::sigv2
