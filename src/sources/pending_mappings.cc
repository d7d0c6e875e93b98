// SPDX-License-Identifier: Apache-2.0
#include "sources/pending_mappings.h"

#include "aws/arn.h"

#include <algorithm>
#include <utility>

namespace kiln::sources {

Task<Result<std::vector<queue::PendingWork>>> PendingMappings::pending(std::size_t limit) {
  auto reading = mappings_.all();
  KILN_CO_TRY(const std::vector<Mapping> mappings, co_await reading);
  std::vector<queue::PendingWork> out;
  for (const Mapping& mapping : mappings) {
    if (out.size() == limit) break;
    MessageSource* source = sources_.find(mapping.source_arn);
    if (!source || !mapping.enabled || mapping.state == MappingState::kDeleting) continue;
    auto asking = source->backlog(mapping.source_arn);
    KILN_CO_TRY(queue::Backlog backlog, co_await asking);
    // Also where somebody else has taken the messages away meanwhile.
    backlog.counts.leased =
        std::max<std::int64_t>(backlog.counts.leased, supervisor_.in_flight(mapping.uuid));
    if (backlog.empty()) continue;
    const auto arn = aws::parse_arn(mapping.source_arn);
    out.push_back({.kind = arn ? arn->service : "",
                   .name = mapping.source_arn,
                   .next = mapping.function_arn,
                   .backlog = std::move(backlog)});
  }
  co_return out;
}

}  // namespace kiln::sources
