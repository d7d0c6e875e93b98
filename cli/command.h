// SPDX-License-Identifier: Apache-2.0
#pragma once
// One command of `kiln`: add_<name>() puts its options and help on the parser and stores its exit
// code when it runs. Data goes to standard output, everything else to standard error.

#include <CLI/CLI.hpp>

namespace kiln::cli {

void add_dev(CLI::App& app, int& exit_code);
void add_serve(CLI::App& app, int& exit_code);
void add_env(CLI::App& app, int& exit_code);
void add_run(CLI::App& app, int& exit_code);
void add_deploy(CLI::App& app, int& exit_code);
void add_invoke(CLI::App& app, int& exit_code);
void add_logs(CLI::App& app, int& exit_code);
void add_runtimes(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);
void add_iam(CLI::App& app, int& exit_code);
void add_cost(CLI::App& app, int& exit_code);
void add_settle(CLI::App& app, int& exit_code);
void add_clock(CLI::App& app, int& exit_code);

}  // namespace kiln::cli
