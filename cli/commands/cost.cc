// SPDX-License-Identifier: Apache-2.0
// `kiln cost`: what a month's usage would cost on AWS, by its price list of us-east-1.

#include "base/time.h"
#include "cli/api_client.h"
#include "cli/command.h"
#include "metering/usage.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <map>
#include <memory>

namespace kiln::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  std::string month;  // "2026-11"; empty: this one
  bool by_function = false;
  bool no_free_tier = false;
};

// The first days of the month and of the next one; empty for a text that is no month.
std::pair<std::string, std::string> days_of(const std::string& month) {
  if (month.size() != 7 || !parse_iso8601(month + "-01T00:00:00Z")) return {};
  int year = std::stoi(month.substr(0, 4));
  int number = std::stoi(month.substr(5));
  if (++number > 12) {
    number = 1;
    ++year;
  }
  return {month + "-01", fmt::format("{:04}-{:02}-01", year, number)};
}

metering::Usage usage_of(const boost::json::object& entry) {
  const auto number = [&entry](const char* name) {
    const auto* value = entry.if_contains(name);
    return value && value->is_int64() ? value->get_int64() : 0;
  };
  return {.requests = number("requests"),
          .billed_ms = number("billedMs"),
          .memory_mb_ms = number("memoryMbMs"),
          .init_ms = number("initMs"),
          .storage_mb_ms = number("storageMbMs"),
          .provisioned_mb_ms = number("provisionedMbMs"),
          .provisioned_run_mb_ms = number("provisionedRunMbMs")};
}

double print_lines(const metering::Usage& usage, bool arm, bool free_tier) {
  double sum = 0;
  for (const metering::CostLine& line : metering::price(usage, arm, free_tier)) {
    fmt::print("  {:<36} {:>16.3f} {:<9} ${:>10.2f}\n", line.what, line.quantity, line.unit,
               line.dollars);
    sum += line.dollars;
  }
  return sum;
}

void print_cost(const boost::json::array& entries, const Options& options) {
  using Key = std::pair<bool, std::string>;  // arm, function (empty: all)
  std::map<Key, metering::Usage> usage;
  for (const boost::json::value& value : entries) {
    const boost::json::object& entry = value.as_object();
    const bool arm = entry.at("architecture") == "arm64";
    const std::string function(entry.at("function").as_string());
    usage[{arm, options.by_function ? function : ""}] += usage_of(entry);
  }
  const bool free_tier = !options.no_free_tier && !options.by_function;
  double sum = 0;
  for (const auto& [key, of_key] : usage) {
    fmt::print("{} ({})\n", key.second.empty() ? "All functions" : key.second,
               key.first ? "arm64" : "x86_64");
    // The free tier is one for the account: given to the first architecture.
    sum += print_lines(of_key, key.first, free_tier && key == usage.begin()->first);
  }
  fmt::print("{:<65} ${:>10.2f}\n", "Sum", sum);
  if (free_tier) fmt::print("After the free tier (1 million requests, 400,000 GB-s a month).\n");
}

Task<int> cost(ApiClient& client, std::shared_ptr<Options> options) {
  if (options->month.empty()) {
    options->month = format_iso8601(client.clock().wall()).substr(0, 7);
  }
  const auto [from, to] = days_of(options->month);
  if (from.empty()) {
    fmt::print(stderr, "error: --month is a month like 2026-11, not {}\n", options->month);
    co_return 1;
  }
  auto asking = client.rest("kiln", "GET", "/_kiln/usage?from=" + from + "&to=" + to, "");
  auto reply = co_await asking;
  if (!reply) {
    print_unreachable(client, reply.error());
    co_return 1;
  }
  if (!reply->ok()) {
    fmt::print(stderr, "error: {}", reply->body);
    co_return 1;
  }
  const boost::json::value answer = reply->json();
  fmt::print("Usage in {} ({}), priced as in us-east-1\n", options->month,
             client.connection().region);
  print_cost(answer.at("usage").as_array(), *options);
  co_return 0;
}

}  // namespace

void add_cost(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("cost", "Print what a month's invocations would cost on AWS");
  add_connection_options(*command, options->connection);
  command->add_option("--month", options->month, "Month, like 2026-11 (default: this one)");
  command->add_flag("--by-function", options->by_function,
                    "One part for each function, without the free tier");
  command->add_flag("--no-free-tier", options->no_free_tier, "Price from the first request on");
  command->callback([options, &exit_code] {
    Loop loop;
    ApiClient client(loop, resolve_connection(options->connection));
    exit_code = run_client_command(loop, cost(client, options));
  });
}

}  // namespace kiln::cli
