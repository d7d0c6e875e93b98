// SPDX-License-Identifier: Apache-2.0
// `kiln run -- CMD`: runs a command whose AWS clients talk to the server.

#include "cli/command.h"
#include "cli/connection.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <unistd.h>

namespace kiln::cli {

void add_run(CLI::App& app, int& exit_code) {
  struct Options {
    ConnectionOptions connection;
    std::vector<std::string> command;
  };
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("run", "Run a command against the server: kiln run -- aws s3 ls");
  add_connection_options(*command, options->connection);
  command->add_option("command", options->command, "The command and its arguments, after --")
      ->required();
  command->callback([options, &exit_code] {
    const Connection c = resolve_connection(options->connection);
    ::setenv("AWS_ENDPOINT_URL", c.endpoint.c_str(), 1);
    ::setenv("AWS_ACCESS_KEY_ID", c.access_key_id.c_str(), 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", c.secret_access_key.c_str(), 1);
    ::setenv("AWS_DEFAULT_REGION", c.region.c_str(), 1);
    ::setenv("AWS_REGION", c.region.c_str(), 1);
    if (c.session_token.empty()) {
      ::unsetenv("AWS_SESSION_TOKEN");
    } else {
      ::setenv("AWS_SESSION_TOKEN", c.session_token.c_str(), 1);
    }
    ::unsetenv("AWS_PROFILE");
    std::vector<char*> argv;
    for (auto& argument : options->command) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    fmt::print(stderr, "error: cannot run {}: {}\n", options->command[0], std::strerror(errno));
    exit_code = 127;
  });
}

}  // namespace kiln::cli
