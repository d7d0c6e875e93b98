// SPDX-License-Identifier: Apache-2.0
// `kiln logs NAME [-f]`: prints a function's log, and follows it.

#include "cli/api_client.h"
#include "cli/command.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <deque>
#include <memory>
#include <set>

namespace kiln::cli {
namespace {

constexpr std::int64_t kPollMs = 500;
constexpr std::size_t kRememberedEvents = 10'000;

struct Options {
  ConnectionOptions connection;
  std::string name;
  bool follow = false;
  int since_minutes = 10;
};

// Events already printed; the newest poll overlaps the one before so that late ones are not missed.
class Seen {
 public:
  bool first_time(std::string id) {
    if (!ids_.insert(id).second) return false;
    order_.push_back(std::move(id));
    if (order_.size() > kRememberedEvents) {
      ids_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

 private:
  std::set<std::string> ids_;
  std::deque<std::string> order_;
};

std::int64_t print_events(const boost::json::object& page, Seen& seen) {
  std::int64_t newest = 0;
  const auto* events = page.if_contains("events");
  if (!events || !events->is_array()) return newest;
  for (const auto& event : events->as_array()) {
    const auto& fields = event.as_object();
    newest = std::max(newest, fields.at("timestamp").as_int64());
    if (!seen.first_time(std::string(fields.at("eventId").as_string()))) continue;
    const std::string_view message(fields.at("message").as_string());
    fmt::print("{}{}", message, message.ends_with('\n') ? "" : "\n");
  }
  std::fflush(stdout);
  return newest;
}

Task<int> show(ApiClient& client, std::shared_ptr<Options> options) {
  Seen seen;
  std::int64_t start = client.clock().wall().ms - std::int64_t{options->since_minutes} * 60'000;
  std::string token;
  while (true) {
    boost::json::object request{{"logGroupName", "/aws/lambda/" + options->name},
                                {"startTime", start}};
    if (!token.empty()) request["nextToken"] = token;
    auto reply = co_await client.json("logs", "Logs_20140328.FilterLogEvents",
                                      boost::json::serialize(request));
    if (!reply) {
      print_unreachable(client, reply.error());
      co_return 1;
    }
    const bool missing = reply->error_code() == "ResourceNotFoundException";
    if (!reply->ok() && !(missing && options->follow)) {
      print_api_error(*reply);
      co_return 1;
    }
    token.clear();
    if (reply->ok()) {
      const auto page = reply->json().as_object();
      start = std::max(start, print_events(page, seen));
      if (const auto* next = page.if_contains("nextToken")) token = next->as_string();
    }
    if (!token.empty()) continue;
    if (!options->follow) co_return 0;
    co_await sleep_ms(client.clock(), kPollMs, {});
  }
}

}  // namespace

void add_logs(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("logs", "Print a function's log");
  add_connection_options(*command, options->connection);
  command->add_option("name", options->name, "Function name")->required();
  command->add_flag("-f,--follow", options->follow, "Keep printing new events");
  command->add_option("--since", options->since_minutes, "How many minutes back to begin")
      ->capture_default_str();
  command->callback([options, &exit_code] {
    Loop loop;
    ApiClient client(loop, resolve_connection(options->connection));
    exit_code = run_client_command(loop, show(client, options));
  });
}

}  // namespace kiln::cli
