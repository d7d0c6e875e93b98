// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the things of a spec are inside an isolated environment.

#include "base/result.h"
#include "os/fd.h"
#include "sandbox/places.h"
#include "sandbox/sandbox.h"

#include <string>
#include <vector>

namespace kiln::sandbox {

Places inside_places(const EnvironmentSpec& spec);
// The CPU that it may use once it has initialised, in thousandths of one. AWS: one at 1,769 MB.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
std::uint32_t cpu_thousandths(const EnvironmentSpec& spec);
// Opens a host directory for the launcher, which mounts it.
Status open_directory(const std::string& path, std::vector<Fd>& out);

}  // namespace kiln::sandbox
