// SPDX-License-Identifier: Apache-2.0
#pragma once
// What clients see when authentication fails: code, HTTP status and text per protocol family.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and observed replies.

#include "aws/api_error.h"
#include "aws/operation.h"
#include "aws/sigv4.h"

namespace kiln::aws {

ApiError auth_error(const sigv4::Failure& failure, Protocol protocol);
// The access key is not known, is inactive, or is temporary and came without its token. The
// arguments behind `protocol` are what S3 repeats of the request.
ApiError unknown_key_error(Protocol protocol, std::string_view access_key_id = {});
ApiError expired_token_error(Protocol protocol, std::string_view token = {});
// The session token is not ours, was changed, or belongs to another key.
ApiError bad_token_error(Protocol protocol, std::string_view token = {});
// X-Amz-Content-Sha256 names another body than the one that came.
ApiError content_hash_error(Protocol protocol, std::string_view sent = {},
                            std::string_view computed = {});

}  // namespace kiln::aws
