// SPDX-License-Identifier: Apache-2.0
#pragma once
// Steps that the operations on code signing configurations share.

#include "gen/lambda/types.h"
#include "lambda/service.h"
#include "lambda/store/code_signing.h"

#include <optional>
#include <string>

namespace kiln::lambda {

gen::lambda::CodeSigningConfig to_wire(const CodeSigning& config);

// The configuration that a request of its own account names. ResourceNotFoundException.
aws::ApiResult<CodeSigningKey> parse_own_code_signing(const aws::RequestContext& context,
                                                      std::string_view arn);

// That a function with the configuration `arn` (empty: none) may get another package, which is
// never signed. CodeVerificationFailedException when the configuration enforces signatures,
// CodeSigningConfigNotFoundException when there is no such one.
Task<aws::ApiResult<void>> check_signature(Service& service, std::string arn);

}  // namespace kiln::lambda
