// SPDX-License-Identifier: Apache-2.0
#pragma once
// Zips a function's folder for upload.

#include "base/result.h"

#include <string>

namespace kiln::cli {

// The zip of all regular files below `directory`, in name order, with their modes; VCS folders,
// __pycache__ and function.json are left out. kLimitExceeded past AWS's 50 MB for direct uploads.
Result<std::string> zip_directory(const std::string& directory);

}  // namespace kiln::cli
