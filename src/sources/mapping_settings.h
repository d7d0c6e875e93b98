// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Create- and UpdateEventSourceMapping ask for, checked as AWS checks it for the kind of
// source. Pure. Limits: reference of the operations, and
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html

#include "aws/api_error.h"
#include "gen/lambda/create_event_source_mapping.h"
#include "gen/lambda/update_event_source_mapping.h"
#include "sources/mapping.h"
#include "sources/message_source.h"

namespace kiln::sources {

// Settings that this build refuses by name, or that belong to other kinds of sources.
aws::ApiResult<void> check_supported(const gen::lambda::CreateEventSourceMappingRequest& request);
aws::ApiResult<void> check_supported(const gen::lambda::UpdateEventSourceMappingRequest& request);

// Takes over what the request sets; the rest of `mapping` stays.
aws::ApiResult<void> apply(const gen::lambda::CreateEventSourceMappingRequest& request,
                           Mapping& mapping);
aws::ApiResult<void> apply(const gen::lambda::UpdateEventSourceMappingRequest& request,
                           Mapping& mapping);

// That the settings fit together, the queue and the function.
aws::ApiResult<void> check(const Mapping& mapping, const QueueFacts& queue, int function_timeout_s);

}  // namespace kiln::sources
