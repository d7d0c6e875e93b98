// SPDX-License-Identifier: Apache-2.0
// `kiln invoke NAME [PAYLOAD]`: invokes a function and prints its answer.

#include "base/encoding.h"
#include "cli/api_client.h"
#include "cli/command.h"

#include <fmt/format.h>

#include <iostream>
#include <iterator>
#include <memory>

namespace kiln::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  std::string name;
  std::string payload = "{}";
  bool log = false;
};

Task<int> invoke(ApiClient& client, std::shared_ptr<Options> options) {
  std::string payload = options->payload;
  if (payload == "-") payload.assign(std::istreambuf_iterator<char>(std::cin), {});
  std::vector<http::Headers::Field> headers;
  if (options->log) headers.emplace_back("X-Amz-Log-Type", "Tail");
  const std::string path =
      "/2015-03-31/functions/" + percent_encode(options->name) + "/invocations";
  auto reply = co_await client.rest("lambda", "POST", path, std::move(payload), std::move(headers));
  if (!reply) {
    print_unreachable(client, reply.error());
    co_return 1;
  }
  if (!reply->ok()) {
    print_api_error(*reply);
    co_return 1;
  }
  fmt::print("{}\n", reply->body);
  std::fflush(stdout);
  if (auto log = reply->headers.get("x-amz-log-result")) {
    if (auto text = base64_decode(*log)) fmt::print(stderr, "{}", *text);
  }
  co_return reply->headers.contains("x-amz-function-error") ? 2 : 0;
}

}  // namespace

void add_invoke(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "invoke", "Invoke a function; prints its answer, exits 2 when the function failed");
  add_connection_options(*command, options->connection);
  command->add_option("name", options->name, "Function name or ARN")->required();
  command->add_option("payload", options->payload, "JSON text, or - for standard input");
  command->add_flag("--log", options->log, "Also print the end of the log to standard error");
  command->callback([options, &exit_code] {
    Loop loop;
    ApiClient client(loop, resolve_connection(options->connection));
    exit_code = run_client_command(loop, invoke(client, options));
  });
}

}  // namespace kiln::cli
