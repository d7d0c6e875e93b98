// SPDX-License-Identifier: Apache-2.0
#include "cli/connection.h"

#include "base/product.h"

#include <cstdlib>
#include <fstream>

namespace kiln::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string first_of(std::initializer_list<std::string> values) {
  for (const auto& value : values) {
    if (!value.empty()) return value;
  }
  return "";
}

}  // namespace

void add_connection_options(CLI::App& command, ConnectionOptions& options) {
  command.add_option("--endpoint", options.endpoint,
                     "The server's address (default: KILN_ENDPOINT, AWS_ENDPOINT_URL or "
                     "http://127.0.0.1:4566)");
  command.add_option("--region", options.region,
                     "Region (default: AWS_REGION, AWS_DEFAULT_REGION or us-east-1)");
  command.add_option("--data-dir", options.data_dir,
                     "Take the administrator's keys of the server with this state folder");
}

Connection resolve_connection(const ConnectionOptions& options) {
  Connection c;
  c.endpoint = first_of({options.endpoint, variable("KILN_ENDPOINT"), variable("AWS_ENDPOINT_URL"),
                         "http://127.0.0.1:" + std::to_string(product::kDefaultPort)});
  while (c.endpoint.ends_with('/')) c.endpoint.pop_back();
  c.region = first_of({options.region, variable("AWS_REGION"), variable("AWS_DEFAULT_REGION"),
                       std::string(product::kDefaultRegion)});
  if (!options.data_dir.empty()) {
    const auto keys = read_admin_keys(options.data_dir);
    if (!keys) {
      throw CLI::ValidationError(
          "--data-dir", keys.error().message + "; a server of `kiln dev` needs none, leave it out");
    }
    c.access_key_id = keys->access_key_id;
    c.secret_access_key = keys->secret_access_key;
    return c;
  }
  c.access_key_id = variable("AWS_ACCESS_KEY_ID");
  c.secret_access_key = variable("AWS_SECRET_ACCESS_KEY");
  c.session_token = variable("AWS_SESSION_TOKEN");
  if (c.access_key_id.empty()) {
    c.access_key_id = c.secret_access_key = "test";
    c.session_token.clear();
  }
  return c;
}

Result<AdminKeys> read_admin_keys(const std::string& data_dir) {
  const std::string path = data_dir + "/credentials";
  std::ifstream file(path);
  if (!file) return fail(ErrorCode::kNotFound, "no administrator keys in " + path);
  AdminKeys keys;
  for (std::string line; std::getline(file, line);) {
    const auto equals = line.find(" = ");
    if (equals == std::string::npos) continue;
    const std::string name = line.substr(0, equals);
    if (name == "aws_access_key_id") keys.access_key_id = line.substr(equals + 3);
    if (name == "aws_secret_access_key") keys.secret_access_key = line.substr(equals + 3);
  }
  if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
    return fail(ErrorCode::kInvalidArgument, path + " holds no keys");
  }
  return keys;
}

}  // namespace kiln::cli
