// SPDX-License-Identifier: Apache-2.0
#include "queue/pending.h"

#include "base/encoding.h"
#include "store/tuple.h"

#include <algorithm>

namespace kiln::queue {
namespace {

// "000000000000/us-east-1/lambda/events/f". Ids of random bytes are written as hex digits.
std::string readable(const std::string& partition) {
  store::KeyReader in(partition);
  std::string out;
  while (auto part = in.next_string()) {
    out += (out.empty() ? "" : "/") + (is_valid_utf8(*part) ? *part : hex_encode(*part));
  }
  return out;
}

}  // namespace

Task<Result<Backlog>> backlog_of(Queue& queue, QueueId id, Timestamp now) {
  Backlog out;
  auto peeking = queue.peek(id, 1);
  KILN_CO_TRY(auto first, co_await peeking);
  if (first.empty()) co_return out;
  auto counting = queue.counts(id);
  KILN_CO_TRY(out.counts, co_await counting);
  out.due_in_ms = std::max<std::int64_t>(0, first.front().visible_at.ms - now.ms);
  out.first = std::move(first.front().payload);
  co_return out;
}

Task<Result<std::vector<PendingWork>>> RegistryReporter::pending(std::size_t limit) {
  std::vector<std::string> partitions;
  auto scanning = registry_.scan(
      [&partitions](const std::string& partition) { partitions.push_back(partition); }, {});
  co_await scanning;
  std::vector<PendingWork> out;
  for (const std::string& partition : partitions) {
    if (out.size() == limit) break;
    auto looking = backlog_of(queue_, registry_.queue_of(partition), clock_.wall());
    KILN_CO_TRY(Backlog backlog, co_await looking);
    if (backlog.empty()) continue;
    out.push_back({.kind = kind_,
                   .name = readable(partition),
                   .next = describe_ ? describe_(backlog.first) : std::string(),
                   .backlog = std::move(backlog)});
  }
  co_return out;
}

}  // namespace kiln::queue
