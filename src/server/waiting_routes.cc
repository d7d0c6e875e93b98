// SPDX-License-Identifier: Apache-2.0
#include "server/waiting_routes.h"

#include "aws/event_target.h"
#include "queue/outbox.h"

#include <boost/json.hpp>

#include <charconv>
#include <memory>
#include <utility>
#include <vector>

namespace kiln::server {
namespace {

constexpr std::size_t kMaxListed = 100;
constexpr int kMaxLooks = 5;
constexpr std::int64_t kMaxAdvanceMs = 366LL * 24 * 3'600'000;

struct Settling {
  queue::RegistryReporter async;
  queue::RegistryReporter outbox;
  std::vector<queue::PendingReporter*> reporters;
  Counter& sends;
};
using SettlingPtr = std::shared_ptr<Settling>;

// Source and target.
std::string describe_outbox_entry(const std::string& payload) {
  const auto entry = queue::decode_outbox_entry(payload);
  if (!entry) return "";
  const auto event = aws::decode_event(entry->payload);
  return event ? event->source_arn + " to " + entry->target : entry->target;
}

Task<Result<std::vector<queue::PendingWork>>> look(SettlingPtr settling) {
  std::vector<queue::PendingWork> out;
  for (queue::PendingReporter* reporter : settling->reporters) {
    auto asking = reporter->pending(kMaxListed - out.size());
    KILN_CO_TRY(auto more, co_await asking);
    for (auto& work : more) out.push_back(std::move(work));
  }
  co_return out;
}

boost::json::object describe(const queue::PendingWork& work) {
  return {{"queue", work.kind},
          {"partition", work.name},
          {"next", work.next},
          {"visible", work.backlog.counts.visible},
          {"delayed", work.backlog.counts.delayed},
          {"leased", work.backlog.counts.leased},
          {"dueInMs", work.backlog.due_in_ms}};
}

// Work moves from queue to queue while these are looked at one by one. It is in one of them at any
// time, so two looks in a row find it unless it moves between them: then there is another look.
Task<aws::ApiResult<std::string>> pending(SettlingPtr settling) {
  boost::json::array list;
  for (int looks = 0, empty = 0; looks < kMaxLooks && empty < 2; ++looks) {
    const std::int64_t sent = settling->sends.value();
    auto looking = look(settling);
    const auto found = co_await looking;
    if (!found) co_return aws::fail(aws::internal_failure("server", found.error()));
    for (const auto& work : *found) list.push_back(describe(work));
    if (!list.empty()) break;
    empty = settling->sends.value() == sent ? empty + 1 : 0;
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

SignedRoutes::Route settle_route(store::Store& store, queue::Queue& queue, Clock& clock,
                                 Metrics& metrics, std::vector<queue::PendingReporter*> reporters) {
  const auto settling = std::make_shared<Settling>(
      queue::RegistryReporter(store, queue, clock, "async"),
      queue::RegistryReporter(store, queue, clock, "outbox", describe_outbox_entry),
      std::move(reporters), metrics.counter("kiln_queue_sends_total"));
  settling->reporters.push_back(&settling->async);
  settling->reporters.push_back(&settling->outbox);
  return {.action = "kiln:GetPendingWork",
          .handler = [settling](aws::RequestContext, SignedRoutes::Parameters) {
            return pending(settling);
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
