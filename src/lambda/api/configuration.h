// SPDX-License-Identifier: Apache-2.0
#pragma once
// FunctionConfiguration as AWS sends it.

#include "gen/lambda/types.h"
#include "lambda/model/function.h"

namespace kiln::lambda {

enum class Arn { kUnqualified, kQualified };

// Everything, as the operations on one function answer. The ARN carries the version when the
// request named one.
gen::lambda::FunctionConfiguration to_configuration(const FunctionVersion& function,
                                                    Arn arn = Arn::kUnqualified);

// ListFunctions leaves out the states and RuntimeVersionConfig (API reference, ListFunctions).
gen::lambda::FunctionConfiguration to_list_item(const FunctionVersion& function, Arn arn);

}  // namespace kiln::lambda
