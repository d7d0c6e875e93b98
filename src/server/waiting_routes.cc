// SPDX-License-Identifier: Apache-2.0
#include "server/waiting_routes.h"

#include "queue/work_registry.h"
#include "store/tuple.h"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace kiln::server {
namespace {

constexpr std::size_t kMaxListed = 100;
constexpr std::int64_t kMaxAdvanceMs = 366LL * 24 * 3'600'000;

// "000000000000/us-east-1/lambda/events/f"
std::string readable(const std::string& partition) {
  store::KeyReader in(partition);
  std::string out;
  while (auto part = in.next_string()) out += (out.empty() ? "" : "/") + *part;
  return out;
}

Task<Status> add_pending(store::Store& store, queue::Queue& queue, Clock& clock, std::string name,
                         boost::json::array& out) {
  queue::WorkRegistry registry(store, name);
  std::vector<std::string> partitions;
  auto scanning = registry.scan(
      [&partitions](const std::string& partition) { partitions.push_back(partition); }, {});
  co_await scanning;
  for (const std::string& partition : partitions) {
    if (out.size() >= kMaxListed) break;
    const queue::QueueId id = registry.queue_of(partition);
    auto peeking = queue.peek(id, 1);
    KILN_CO_TRY(const auto first, co_await peeking);
    if (first.empty()) continue;
    auto counting = queue.counts(id);
    KILN_CO_TRY(const auto counts, co_await counting);
    const std::int64_t due = std::max<std::int64_t>(0, first[0].visible_at.ms - clock.wall().ms);
    out.push_back(boost::json::object{{"queue", name},
                                      {"partition", readable(partition)},
                                      {"visible", counts.visible},
                                      {"delayed", counts.delayed},
                                      {"leased", counts.leased},
                                      {"dueInMs", due}});
  }
  co_return Status{};
}

Task<aws::ApiResult<std::string>> pending(store::Store& store, queue::Queue& queue, Clock& clock) {
  boost::json::array list;
  for (const std::string name : {"async", "outbox"}) {
    auto adding = add_pending(store, queue, clock, name, list);
    if (const Status added = co_await adding; !added)
      co_return aws::fail(aws::internal_failure("server", added.error()));
  }
  co_return boost::json::serialize(boost::json::object{{"pending", std::move(list)}}) + '\n';
}

Task<aws::ApiResult<std::string>> advance(MovableClock& clock, bool allowed,
                                          SignedRoutes::Parameters parameters) {
  if (!allowed)
    co_return aws::fail({"AccessDeniedException", 403, "Only kiln dev's clock can be moved."});
  const std::string& text = parameters["advance_ms"];
  std::int64_t ms = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || end != text.data() + text.size() || ms < 0 || ms > kMaxAdvanceMs)
    co_return aws::fail({"ValidationException", 400, "advance_ms is a number up to a year."});
  clock.advance_ms(ms);
  co_return R"({"wall":")" + format_iso8601(clock.wall(), true) + "\"}\n";
}

}  // namespace

SignedRoutes::Route settle_route(store::Store& store, queue::Queue& queue, Clock& clock) {
  return {.action = "kiln:GetPendingWork",
          .handler = [&store, &queue, &clock](aws::RequestContext, SignedRoutes::Parameters) {
            return pending(store, queue, clock);
          }};
}

SignedRoutes::Route clock_route(MovableClock& clock, bool allowed) {
  return {.method = "POST",
          .action = "kiln:AdvanceClock",
          .handler = [&clock, allowed](aws::RequestContext, SignedRoutes::Parameters parameters) {
            return advance(clock, allowed, std::move(parameters));
          }};
}

}  // namespace kiln::server
