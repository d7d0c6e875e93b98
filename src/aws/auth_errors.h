// SPDX-License-Identifier: Apache-2.0
#pragma once
// What clients see when authentication fails: code, HTTP status and text per protocol family.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and observed replies.

#include "aws/api_error.h"
#include "aws/operation.h"
#include "aws/sigv4.h"

namespace kiln::aws {

ApiError auth_error(const sigv4::Failure& failure, Protocol protocol);
// The access key is not known, is inactive, or is temporary and came without its token.
ApiError unknown_key_error(Protocol protocol);
ApiError expired_token_error(Protocol protocol);
// The session token is not ours, was changed, or belongs to another key.
ApiError bad_token_error(Protocol protocol);
// X-Amz-Content-Sha256 names another body than the one that came.
ApiError content_hash_error(Protocol protocol);

}  // namespace kiln::aws
