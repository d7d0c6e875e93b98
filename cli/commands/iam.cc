// SPDX-License-Identifier: Apache-2.0
// `kiln iam suggest NAME`: prints the least policy for what a role or user was seen to do.

#include "base/encoding.h"
#include "cli/api_client.h"
#include "cli/command.h"

#include <fmt/format.h>

#include <memory>

namespace kiln::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  std::string name;
};

Task<int> suggest(ApiClient& client, std::shared_ptr<Options> options) {
  auto reply = co_await client.rest("kiln", "GET",
                                    "/_kiln/iam/suggest?name=" + percent_encode(options->name), "");
  if (!reply) {
    print_unreachable(client, reply.error());
    co_return 1;
  }
  if (!reply->ok()) {
    fmt::print(stderr, "error: {}", reply->body);
    co_return 1;
  }
  fmt::print("{}", reply->body);
  co_return 0;
}

}  // namespace

void add_iam(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("iam", "Help with policies");
  command->require_subcommand(1);
  auto* suggesting = command->add_subcommand(
      "suggest", "Print the least policy for what a role or user was seen to do, allowed or not");
  add_connection_options(*suggesting, options->connection);
  suggesting->add_option("name", options->name, "Name or ARN of the role or user")->required();
  suggesting->callback([options, &exit_code] {
    Loop loop;
    ApiClient client(loop, resolve_connection(options->connection));
    exit_code = run_client_command(loop, suggest(client, options));
  });
}

}  // namespace kiln::cli
