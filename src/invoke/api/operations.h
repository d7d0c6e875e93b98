// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations of this folder, one file each.

#include "aws/operation.h"
#include "gen/lambda/invoke.h"
#include "gen/lambda/invoke_async.h"
#include "gen/lambda/invoke_with_response_stream.h"
#include "invoke/api/service.h"

namespace kiln::invoke {

extern const aws::Operation<gen::lambda::Invoke, Service> kInvoke;
extern const aws::Operation<gen::lambda::InvokeAsync, Service> kInvokeAsync;
extern const aws::Operation<gen::lambda::InvokeWithResponseStream, Service>
    kInvokeWithResponseStream;

}  // namespace kiln::invoke
