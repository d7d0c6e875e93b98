// SPDX-License-Identifier: Apache-2.0
#pragma once
// ApiClient calls the server's public AWS APIs, signed like any other client's calls.

#include "async/loop.h"
#include "cli/connection.h"
#include "http/client.h"

#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <vector>

namespace kiln::cli {

struct ApiReply {
  int status = 0;
  http::Headers headers;
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
  std::string error_code() const;     // from header or body; empty when there is none
  std::string error_message() const;  // for people
  boost::json::value json() const;    // null when the body is not JSON
};

class ApiClient {
 public:
  ApiClient(Loop& loop, Connection connection);

  // REST: `path` with its query, percent-encoded.
  Task<Result<ApiReply>> rest(std::string service, std::string method, std::string path,
                              std::string body, std::vector<http::Headers::Field> headers = {});
  // JSON 1.1: target "Logs_20140328.FilterLogEvents".
  Task<Result<ApiReply>> json(std::string service, std::string target, std::string body);
  // Query: form body "Action=...&Version=...".
  Task<Result<ApiReply>> query(std::string service, std::string form);

  const Connection& connection() const { return connection_; }
  Clock& clock() { return loop_.clock(); }

 private:
  Task<Result<ApiReply>> send(std::string service, http::ClientRequest request);
  Loop& loop_;
  Connection connection_;
  http::Client client_;
};

// Runs `task` on its own loop and answers its exit code. Prints what could not be reached.
int run_client_command(Loop& loop, Task<int> task);
// "cannot reach http://...: is it running? Start it with: kiln dev"
void print_unreachable(const ApiClient& client, const Error& error);
// Prints "error: Code: message".
void print_api_error(const ApiReply& reply);

}  // namespace kiln::cli
