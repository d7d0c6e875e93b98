// SPDX-License-Identifier: Apache-2.0
// `kiln env`: shell exports that point every AWS client at the server.

#include "cli/command.h"
#include "cli/connection.h"

#include <fmt/format.h>

#include <memory>

namespace kiln::cli {

void add_env(CLI::App& app, int&) {
  auto options = std::make_shared<ConnectionOptions>();
  auto* command =
      app.add_subcommand("env", "Print exports for AWS clients; use it as: eval \"$(kiln env)\"");
  add_connection_options(*command, *options);
  command->callback([options] {
    const Connection c = resolve_connection(*options);
    fmt::print("export AWS_ENDPOINT_URL={}\n", c.endpoint);
    fmt::print("export AWS_ACCESS_KEY_ID={}\n", c.access_key_id);
    fmt::print("export AWS_SECRET_ACCESS_KEY={}\n", c.secret_access_key);
    fmt::print("export AWS_DEFAULT_REGION={}\n", c.region);
    fmt::print("export AWS_REGION={}\n", c.region);
    if (!c.session_token.empty()) fmt::print("export AWS_SESSION_TOKEN={}\n", c.session_token);
  });
}

}  // namespace kiln::cli
