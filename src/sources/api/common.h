// SPDX-License-Identifier: Apache-2.0
#pragma once
// Steps that the operations of event source mappings share.

#include "aws/operation.h"
#include "gen/lambda/types.h"
#include "sources/service.h"

#include <string>

namespace kiln::sources {

// For operations on one mapping by its UUID.
aws::Authorization authorize_mapping(const aws::RequestContext& context, std::string_view action,
                                     const std::optional<std::string>& uuid);

gen::lambda::EventSourceMappingConfiguration to_configuration(const Service& service,
                                                              const Mapping& mapping);

// The mapping of that UUID, or no_such_mapping().
Task<aws::ApiResult<Mapping>> find_mapping(Service& service, aws::RequestContext context,
                                           std::string uuid);

// That the source exists, lets the function's role in, and fits the settings. Sets the mapping's
// function to the ARN of `function_name`, when one is given.
Task<aws::ApiResult<void>> check_ends(Service& service, aws::RequestContext context,
                                      std::string function_name, Mapping& mapping);

}  // namespace kiln::sources
