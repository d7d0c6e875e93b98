// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the header form and the query form of a signature share. Internal to sigv4.

#include "aws/sigv4.h"

#include <string>
#include <string_view>
#include <vector>

namespace kiln::aws::sigv4 {

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kCredentialForm =
    "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request";

std::unexpected<Failure> incomplete(std::string message, Failure::S3 s3 = {});
std::unexpected<Failure> invalid(std::string message, Failure::S3 s3 = {});

std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
std::string fold(std::string_view name);  // lower case
bool contains(const std::vector<std::string>& names, std::string_view name);

// False when it has not five parts.
bool fill_credential(std::string_view credential, Authorization& out);
std::string bad_credential(std::string_view credential);
// Names in lower case; host must be among them.
Checked<void> read_signed_headers(std::string_view text, Authorization& out);
// The request's date in basic form, from either of the forms clients send; empty: neither.
std::string basic_date(std::string_view text);
std::string bad_date(std::string_view text);
Failure::S3 bad_date_s3();

bool is_presigned(std::string_view query);
// REQUIRES: is_presigned(query).
Checked<Authorization> parse_presigned(std::string_view query);

}  // namespace kiln::aws::sigv4

#define KILN_SIGV4_TRY(...)                             \
  if (auto checked = __VA_ARGS__; !checked) {           \
    return std::unexpected(std::move(checked.error())); \
  }
