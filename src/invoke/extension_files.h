// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which external extensions a function has: the files in /opt/extensions.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html

#include "invoke/environment_variables.h"
#include "sandbox/sandbox.h"

#include <string>
#include <string_view>
#include <vector>

namespace kiln::invoke {

// Their names, sorted, each once. Reads the file system, when there are layers.
std::vector<std::string> external_extensions(const std::vector<std::string>& layer_directories);
// The process that runs one: it gets the function's variables, but for those that AWS keeps for the
// runtime alone.
sandbox::ProcessSpec extension_process(const std::string& name, const Variables& platform,
                                       const Variables& variables);
// `message` with AWS's path of the extension in place of the host's.
std::string with_extension_path(std::string_view message, std::string_view name);

}  // namespace kiln::invoke
