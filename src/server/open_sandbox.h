// SPDX-License-Identifier: Apache-2.0
#pragma once
// Chooses the isolation level: the strongest that the configuration wants and the host allows.

#include "async/loop.h"
#include "base/metrics.h"
#include "base/result.h"
#include "os/fd.h"
#include "sandbox/sandbox.h"
#include "server/config.h"
#include "server/data_directory.h"

#include <functional>
#include <memory>

namespace kiln::server {

// `connected` takes connections that functions make to Kiln's endpoint inside their environment.
// Errors name what is missing. What the level does not enforce is logged.
Result<std::unique_ptr<sandbox::Sandbox>> open_sandbox(const ServerConfig& config, Loop& loop,
                                                       Metrics& metrics, const DataDirectory& data,
                                                       std::function<void(Fd)> connected);

}  // namespace kiln::server
