// SPDX-License-Identifier: Apache-2.0
#pragma once
// What waits in this server, for tests of users' code:
//   GET  /_kiln/settle             kiln:GetPendingWork   {"pending":[{"queue":"async",
//        "partition":"000000000000/us-east-1/lambda/events/f","next":"","visible":0,"delayed":1,
//        "leased":0,"dueInMs":60000}]}, empty once everything has been delivered and run: queues
//        that mappings read ("sqs"), messages of topics ("sns"), what services tell each other
//        ("outbox"), asynchronous events ("async")
//   POST /_kiln/clock?advance_ms=N kiln:AdvanceClock     moves everything that waits N ms ahead;
//        answers {"wall":"2026-11-21T10:00:00.000Z"}. Only in `kiln dev`.

#include "async/movable_clock.h"
#include "base/metrics.h"
#include "queue/pending.h"
#include "server/signed_routes.h"
#include "store/store.h"

#include <vector>

namespace kiln::server {

inline constexpr std::string_view kSettlePath = "/_kiln/settle";
inline constexpr std::string_view kClockPath = "/_kiln/clock";

// References outlive the routes.
// `reporters`: of queues that are in no registry (queue/work_registry.h).
SignedRoutes::Route settle_route(store::Store& store, queue::Queue& queue, Clock& clock,
                                 Metrics& metrics, std::vector<queue::PendingReporter*> reporters);
SignedRoutes::Route clock_route(MovableClock& clock, bool allowed);

}  // namespace kiln::server
