// SPDX-License-Identifier: Apache-2.0
// `kiln deploy DIR`: creates or updates a function from a folder, over the public API.

#include "base/encoding.h"
#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/zip_directory.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>

namespace kiln::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::int64_t kPollMs = 50;
constexpr std::int64_t kReadyTimeoutMs = 60'000;
constexpr std::string_view kTrustPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]})";

struct Options {
  ConnectionOptions connection;
  std::string directory;
  std::string name;
  std::string runtime;
  std::string handler;
  std::string role;
  int timeout = 0;
  int memory = 0;
};

// function.json in the folder holds the same names as CreateFunction: FunctionName, Runtime, ...
json::object read_function_file(const std::string& directory) {
  std::ifstream file(directory + "/function.json");
  if (!file) return {};
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::error_code ec;
  auto value = json::parse(text, ec);
  return !ec && value.is_object() ? value.as_object() : json::object{};
}

// What the folder's files say when neither options nor function.json do.
void guess_runtime(const fs::path& directory, json::object& settings) {
  struct Guess {
    const char* file;
    const char* runtime;
    const char* handler;
  };
  static constexpr Guess kGuesses[] = {
      {"lambda_function.py", "python3.11", "lambda_function.lambda_handler"},
      {"app.py", "python3.11", "app.handler"},
      {"index.mjs", "nodejs22.x", "index.handler"},
      {"index.js", "nodejs22.x", "index.handler"},
      {"bootstrap", "provided.al2023", "bootstrap"},
  };
  for (const auto& guess : kGuesses) {
    if (!fs::exists(directory / guess.file)) continue;
    if (!settings.contains("Runtime")) settings["Runtime"] = guess.runtime;
    if (!settings.contains("Handler")) settings["Handler"] = guess.handler;
    return;
  }
}

json::object settings_of(const Options& options) {
  json::object settings = read_function_file(options.directory);
  if (!options.name.empty()) settings["FunctionName"] = options.name;
  if (!options.runtime.empty()) settings["Runtime"] = options.runtime;
  if (!options.handler.empty()) settings["Handler"] = options.handler;
  if (!options.role.empty()) settings["Role"] = options.role;
  if (options.timeout > 0) settings["Timeout"] = options.timeout;
  if (options.memory > 0) settings["MemorySize"] = options.memory;
  const fs::path directory = fs::absolute(options.directory).lexically_normal();
  if (!settings.contains("FunctionName")) {
    const auto last =
        directory.has_filename() ? directory.filename() : directory.parent_path().filename();
    settings["FunctionName"] = last.string();
  }
  guess_runtime(directory, settings);
  return settings;
}

std::string text(const json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->as_string()) : "";
}

// The ARN of a role that Lambda may assume, made when it is not there: "<function>-role".
Task<Result<std::string>> ensure_role(ApiClient& client, std::string function) {
  const std::string role = function + "-role";
  auto created = co_await client.query(
      "iam", "Action=CreateRole&Version=2010-05-08&RoleName=" + percent_encode(role) +
                 "&AssumeRolePolicyDocument=" + percent_encode(kTrustPolicy));
  if (!created) co_return std::unexpected(std::move(created.error()));
  if (!created->ok() && created->error_code() != "EntityAlreadyExists") {
    co_return fail(ErrorCode::kInternal, created->error_code() + ": " + created->error_message());
  }
  auto got = co_await client.query(
      "iam", "Action=GetRole&Version=2010-05-08&RoleName=" + percent_encode(role));
  if (!got) co_return std::unexpected(std::move(got.error()));
  const auto begin = got->body.find("<Arn>");
  const auto end = got->body.find("</Arn>");
  if (begin == std::string::npos || end == std::string::npos) {
    co_return fail(ErrorCode::kInternal, got->error_code() + ": " + got->error_message());
  }
  co_return got->body.substr(begin + 5, end - begin - 5);
}

// Waits until the function is active and its last update is done.
Task<bool> wait_ready(ApiClient& client, std::string path) {
  const Monotonic deadline = client.clock().monotonic().plus_ms(kReadyTimeoutMs);
  while (client.clock().monotonic() < deadline) {
    auto reply = co_await client.rest("lambda", "GET", path + "/configuration", "");
    if (!reply || !reply->ok()) co_return false;
    const auto configuration = reply->json().as_object();
    const std::string state = text(configuration, "State");
    if (state == "Failed" || text(configuration, "LastUpdateStatus") == "Failed") {
      fmt::print(stderr, "error: {}\n", text(configuration, "StateReason"));
      co_return false;
    }
    if (state == "Active" && text(configuration, "LastUpdateStatus") != "InProgress")
      co_return true;
    co_await sleep_ms(client.clock(), kPollMs, {});
  }
  fmt::print(stderr, "error: the function did not become active in time\n");
  co_return false;
}

bool check(const ApiClient& client, const Result<ApiReply>& reply) {
  if (!reply) {
    print_unreachable(client, reply.error());
  } else if (!reply->ok()) {
    print_api_error(*reply);
  }
  return reply && reply->ok();
}

Task<bool> update(ApiClient& client, std::string path, json::object settings, std::string zip) {
  const json::object code{{"ZipFile", std::move(zip)}};
  auto updated = co_await client.rest("lambda", "PUT", path + "/code", json::serialize(code));
  if (!check(client, updated)) co_return false;
  const bool ready = co_await wait_ready(client, path);
  if (!ready) co_return false;
  settings.erase("FunctionName");
  settings.erase("Tags");
  auto configured =
      co_await client.rest("lambda", "PUT", path + "/configuration", json::serialize(settings));
  co_return check(client, configured);
}

Task<int> deploy(ApiClient& client, std::shared_ptr<Options> options) {
  auto zip = zip_directory(options->directory);
  if (!zip) {
    fmt::print(stderr, "error: {}\n", zip.error().message);
    co_return 1;
  }
  json::object settings = settings_of(*options);
  const std::string name = text(settings, "FunctionName");
  if (!settings.contains("Runtime") || !settings.contains("Handler")) {
    fmt::print(stderr,
               "error: {} has no function.json and no file that tells its runtime; give "
               "--runtime and --handler\n",
               options->directory);
    co_return 1;
  }
  if (!settings.contains("Role")) {
    auto role = co_await ensure_role(client, name);
    if (!role) {
      print_unreachable(client, role.error());
      co_return 1;
    }
    settings["Role"] = *role;
  }
  std::string encoded = base64_encode(*zip);
  json::object create = settings;
  create["Code"] = json::object{{"ZipFile", encoded}};
  const std::string functions = "/2015-03-31/functions";
  auto created = co_await client.rest("lambda", "POST", functions, json::serialize(create));
  const std::string path = functions + "/" + percent_encode(name);
  const bool exists = created && created->error_code() == "ResourceConflictException";
  if (exists) {
    const bool updated = co_await update(client, path, std::move(settings), std::move(encoded));
    if (!updated) co_return 1;
  } else if (!check(client, created)) {
    co_return 1;
  }
  const bool ready = co_await wait_ready(client, path);
  if (!ready) co_return 1;
  fmt::print("{} {} ({} bytes zipped)\n", exists ? "Updated" : "Created", name, zip->size());
  co_return 0;
}

}  // namespace

void add_deploy(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "deploy", "Create or update a function from a folder (settings: DIR/function.json)");
  add_connection_options(*command, options->connection);
  command->add_option("dir", options->directory, "The function's folder")->required();
  command->add_option("--name", options->name, "Function name (default: the folder's)");
  command->add_option("--runtime", options->runtime, "Runtime, e.g. python3.11");
  command->add_option("--handler", options->handler, "Handler, e.g. app.handler");
  command->add_option("--role", options->role, "Role ARN (default: makes <name>-role)");
  command->add_option("--timeout", options->timeout, "Seconds, 1 to 900");
  command->add_option("--memory", options->memory, "MB, 128 to 10240");
  command->callback([options, &exit_code] {
    Loop loop;
    ApiClient client(loop, resolve_connection(options->connection));
    exit_code = run_client_command(loop, deploy(client, options));
  });
}

}  // namespace kiln::cli
