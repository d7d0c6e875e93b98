// SPDX-License-Identifier: Apache-2.0
#pragma once
// AWS_LAMBDA_EXEC_WRAPPER: a script of the function or of a layer that starts the runtime.
//
// The wrapper gets the runtime's whole command as its arguments and execs it, changed as it likes.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper

#include "invoke/runtime_catalog.h"

#include <map>
#include <string>
#include <vector>

namespace kiln::invoke {

// The command that starts `runtime` with these variables of the function. OS-only runtimes know no
// wrapper. A wrapper that does not exist ends with status 127, one that can't be run with 126, as
// AWS's bootstraps do.
std::vector<std::string> start_command(const RuntimeCommand& runtime,
                                       const std::map<std::string, std::string>& variables);

}  // namespace kiln::invoke
