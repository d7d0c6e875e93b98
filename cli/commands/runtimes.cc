// SPDX-License-Identifier: Apache-2.0
// `kiln runtimes`: what functions can run on here.

#include "cli/command.h"
#include "cli/runtime_locations.h"

#include <fmt/format.h>

namespace kiln::cli {

void add_runtimes(CLI::App& app, int&) {
  app.add_subcommand("runtimes", "List the runtimes that this host can run")->callback([] {
    const auto catalog = invoke::RuntimeCatalog::discover(find_runtime_locations());
    for (const auto& command : catalog.all()) {
      const std::string with =
          command.interpreter.empty() ? "the function's own bootstrap" : command.interpreter;
      fmt::print("{:<18}{}{}\n", command.runtime, with,
                 command.exact ? "" : "  (the nearest newer version)");
    }
  });
}

}  // namespace kiln::cli
