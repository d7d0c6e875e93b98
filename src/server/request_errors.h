// SPDX-License-Identifier: Apache-2.0
#pragma once
// Errors that the pipeline answers by itself, before or instead of an operation.

#include "aws/api_error.h"
#include "aws/operation.h"

#include <string_view>

namespace kiln::server {

// Lambda's front end refuses Invoke with the modelled error, other operations with one of its own.
aws::ApiError too_large(const aws::OperationModel& operation, bool s3);
// SDKs try again by themselves.
aws::ApiError too_busy(bool s3);
// A query whose parameters name no operation of `service`.
aws::ApiError unknown_action(const aws::ServiceModel& service, std::string_view body,
                             std::string_view query);

}  // namespace kiln::server
