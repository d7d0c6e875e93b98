// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a command reaches a server: endpoint, region and credentials.

#include "base/result.h"

#include <CLI/CLI.hpp>

#include <string>

namespace kiln::cli {

struct Connection {
  std::string endpoint;  // "http://127.0.0.1:4566"
  std::string region;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
};

struct ConnectionOptions {
  std::string endpoint;
  std::string region;
  std::string data_dir;
};

// Adds --endpoint, --region and --data-dir.
void add_connection_options(CLI::App& command, ConnectionOptions& options);

// Options first; then KILN_ENDPOINT or AWS_ENDPOINT_URL. Keys: those that `kiln serve` left in
// --data-dir when that is given, else the AWS_* variables, else those of `kiln dev`.
// Throws CLI::ValidationError when --data-dir holds no keys.
Connection resolve_connection(const ConnectionOptions& options);

// The administrator's keys that `kiln serve` wrote at its first start: <data_dir>/credentials.
struct AdminKeys {
  std::string access_key_id;
  std::string secret_access_key;
};
Result<AdminKeys> read_admin_keys(const std::string& data_dir);

}  // namespace kiln::cli
