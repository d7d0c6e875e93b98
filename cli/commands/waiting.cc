// SPDX-License-Identifier: Apache-2.0
// `kiln settle`: waits until nothing is under way. `kiln clock advance 6h`: moves what waits ahead.

#include "cli/api_client.h"
#include "cli/command.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

namespace kiln::cli {
namespace {

constexpr std::int64_t kAskEveryMs = 50;

struct Options {
  ConnectionOptions connection;
  std::int64_t timeout_s = 30;
  std::string duration;  // "90s", "15m", "6h", "2d"
};

std::optional<std::int64_t> milliseconds(const std::string& text) {
  if (text.size() < 2 || text.size() > 10) return std::nullopt;
  const std::string digits = text.substr(0, text.size() - 1);
  if (digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  switch (text.back()) {
    case 's':
      return std::stoll(digits) * 1'000;
    case 'm':
      return std::stoll(digits) * 60'000;
    case 'h':
      return std::stoll(digits) * 3'600'000;
    case 'd':
      return std::stoll(digits) * 86'400'000;
    default:
      return std::nullopt;
  }
}

void print_pending(const boost::json::array& pending) {
  for (const boost::json::value& entry : pending) {
    const std::string next = entry.at("next").as_string().c_str();
    fmt::print("{} {}: {} waiting, {} delayed, {} running, next in {} s{}\n",
               entry.at("queue").as_string().c_str(), entry.at("partition").as_string().c_str(),
               entry.at("visible").as_int64(), entry.at("delayed").as_int64(),
               entry.at("leased").as_int64(), (entry.at("dueInMs").as_int64() + 999) / 1'000,
               next.empty() ? "" : " (" + next + ")");
  }
}

Task<int> settle(ApiClient& client, std::shared_ptr<Options> options) {
  const Monotonic end = client.clock().monotonic().plus_ms(options->timeout_s * 1'000);
  for (;;) {
    auto asking = client.rest("kiln", "GET", "/_kiln/settle", "");
    const auto reply = co_await asking;
    if (!reply) {
      print_unreachable(client, reply.error());
      co_return 1;
    }
    if (!reply->ok()) {
      fmt::print(stderr, "error: {}", reply->body);
      co_return 1;
    }
    const boost::json::value answer = reply->json();
    if (!answer.is_object() || !answer.as_object().contains("pending")) {
      fmt::print(stderr, "error: not an answer of a Kiln server: {}\n", reply->body);
      co_return 1;
    }
    const auto& pending = answer.at("pending").as_array();
    if (pending.empty()) co_return 0;
    if (client.clock().monotonic() >= end) {
      print_pending(pending);
      fmt::print(stderr, "error: not settled after {} s\n", options->timeout_s);
      co_return 1;
    }
    auto sleeping = sleep_ms(client.clock(), kAskEveryMs, {});
    co_await sleeping;
  }
}

Task<int> advance(ApiClient& client, std::shared_ptr<Options> options) {
  const auto ms = milliseconds(options->duration);
  if (!ms) {
    fmt::print(stderr, "error: a duration is like 90s, 15m, 6h or 2d, not {}\n", options->duration);
    co_return 1;
  }
  auto asking = client.rest("kiln", "POST", "/_kiln/clock?advance_ms=" + std::to_string(*ms), "");
  const auto reply = co_await asking;
  if (!reply) {
    print_unreachable(client, reply.error());
    co_return 1;
  }
  if (!reply->ok()) {
    fmt::print(stderr, "error: {}", reply->body);
    co_return 1;
  }
  fmt::print("{}\n", reply->json().at("wall").as_string().c_str());
  co_return 0;
}

}  // namespace

void add_settle(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "settle", "Wait until asynchronous work is done; list what is stuck after --timeout");
  add_connection_options(*command, options->connection);
  command->add_option("--timeout", options->timeout_s, "Seconds (default: 30)");
  command->callback([options, &exit_code] {
    Loop loop;
    ApiClient client(loop, resolve_connection(options->connection));
    exit_code = run_client_command(loop, settle(client, options));
  });
}

void add_clock(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("clock", "Move the time that retries and delays wait for");
  command->require_subcommand(1);
  auto* moving = command->add_subcommand("advance", "Move it ahead (kiln dev only)");
  add_connection_options(*moving, options->connection);
  moving->add_option("duration", options->duration, "90s, 15m, 6h, 2d")->required();
  moving->callback([options, &exit_code] {
    Loop loop;
    ApiClient client(loop, resolve_connection(options->connection));
    exit_code = run_client_command(loop, advance(client, options));
  });
}

}  // namespace kiln::cli
