// SPDX-License-Identifier: Apache-2.0
#include "server/open_sandbox.h"

#include "base/log.h"
#include "os/landlock.h"
#include "sandbox/isolated/isolated_sandbox.h"
#include "sandbox/process/process_sandbox.h"

#include <string>
#include <utility>

namespace kiln::server {
namespace {

Result<std::unique_ptr<sandbox::IsolatedSandbox>> open_isolated(const ServerConfig& config,
                                                                Loop& loop, Metrics& metrics,
                                                                const DataDirectory& data,
                                                                std::function<void(Fd)> connected) {
  sandbox::IsolatedSandboxOptions options{.launcher = config.programs + "/kiln-launcher",
                                          .init = config.programs + "/kiln-init",
                                          .state_directory = data.path("environments"),
                                          .level = config.isolation,
                                          .endpoint_connection = std::move(connected)};
  if (config.launcher) {
    return sandbox::open_isolated_sandbox(loop, metrics, std::move(options),
                                          std::move(*config.launcher));
  }
  if (!config.why_no_launcher.empty()) {
    log::warn("sandbox", "level root is not possible: " + config.why_no_launcher);
    options.level = "userns";
  }
  return sandbox::open_isolated_sandbox(loop, metrics, std::move(options));
}

}  // namespace

Result<std::unique_ptr<sandbox::Sandbox>> open_sandbox(const ServerConfig& config, Loop& loop,
                                                       Metrics& metrics, const DataDirectory& data,
                                                       std::function<void(Fd)> connected) {
  const std::string& asked = config.isolation;
  std::string why_not;
  if (asked != "none" && asked != "confined") {
    auto isolated = open_isolated(config, loop, metrics, data, std::move(connected));
    if (isolated) {
      for (const std::string& what : (*isolated)->unenforced()) log::warn("sandbox", what);
      return std::move(*isolated);
    }
    if (asked != "auto" || config.trust == TrustModel::kServe) {
      return std::unexpected(std::move(isolated.error())
                                 .context("functions cannot be isolated (kiln doctor says what is "
                                          "missing; --isolation confined or none does with less)"));
    }
    why_not = isolated.error().message;
  }
  const bool possible = landlock_version() > 0;
  if (asked == "confined" && !possible) {
    return fail(ErrorCode::kInvalidArgument,
                "functions cannot be confined: the kernel has no Landlock (kiln doctor)");
  }
  const bool confined = asked != "none" && possible;
  if (!why_not.empty()) {
    log::warn("sandbox", std::string(confined ? "functions are confined, but see the host's "
                                                "network and processes: "
                                              : "functions run without isolation: ") +
                             why_not);
  }
  return std::make_unique<sandbox::ProcessSandbox>(
      loop, metrics,
      sandbox::ProcessSandboxOptions{.directory = data.path("env"), .confined = confined});
}

}  // namespace kiln::server
