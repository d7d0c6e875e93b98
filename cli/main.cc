// SPDX-License-Identifier: Apache-2.0
#include "base/product.h"
#include "cli/command.h"

#include <cstdio>

int main(int argc, char** argv) {
  using namespace kiln;
  CLI::App app{
      "Kiln runs AWS Lambda functions on your own machine.\n\n"
      "Start it:        kiln dev\n"
      "Use it:          eval \"$(kiln env)\" && aws lambda list-functions\n"
      "Deploy a folder: kiln deploy examples/hello && kiln invoke hello '{\"name\": \"Ravi\"}'",
      std::string(product::kName)};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Show the options of every command");
  int exit_code = 0;
  cli::add_dev(app, exit_code);
  cli::add_serve(app, exit_code);
  cli::add_env(app, exit_code);
  cli::add_run(app, exit_code);
  cli::add_deploy(app, exit_code);
  cli::add_invoke(app, exit_code);
  cli::add_logs(app, exit_code);
  cli::add_runtimes(app, exit_code);
  cli::add_doctor(app, exit_code);
  cli::add_iam(app, exit_code);
  cli::add_cost(app, exit_code);
  cli::add_settle(app, exit_code);
  cli::add_clock(app, exit_code);
  app.add_subcommand("version", "Print the version")->callback([] {
    std::printf("%s %s\n", product::kName.data(), product::kVersion.data());
  });
  CLI11_PARSE(app, argc, argv);
  return exit_code;
}
