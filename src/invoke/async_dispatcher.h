// SPDX-License-Identifier: Apache-2.0
#pragma once
// AsyncDispatcher runs the events that AsyncQueue accepted, at least once.
//
// - Every function with events has a claiming loop here, started by accept() or by the registry
//   (after a restart, and for what other nodes accepted). Its window, how many events of it run at
//   once, begins at kFirstWindow, grows while a backlog waits, halves when the function is
//   throttled, and never passes the function's reserved concurrency.
// - An event is leased while it runs, and the lease renewed; after a crash it comes back when the
//   lease ends. One that comes back while it still runs here is not run twice.
// - What becomes of it afterwards: async_policy.h. What it leaves behind (async_outcome.h) is in
// the
//   outbox with the commit that ends it.
// Bounds: AsyncDispatcherOptions; functions past max_functions wait for the next scan.
// Metrics: kiln_async_*. Threads: one loop.

#include "async/clock.h"
#include "async/event.h"
#include "async/fault_points.h"
#include "async/gate.h"
#include "base/metrics.h"
#include "base/random.h"
#include "invoke/async_outcome.h"
#include "invoke/async_policy.h"
#include "invoke/async_queue.h"
#include "invoke/async_settings.h"
#include "invoke/invoker.h"
#include "lambda/function_directory.h"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace kiln::invoke {

struct AsyncDispatcherOptions {
  std::size_t max_functions = 1'000;  // served at once
  std::size_t max_in_flight = 1'000;  // events at once
  std::size_t max_of_function = 200;
  std::int64_t lease_ms = 10'000;
  std::int64_t renew_every_ms = 3'000;
  std::int64_t scan_every_ms = 5'000;
  std::int64_t idle_ms = 60'000;  // after which a function without events is forgotten
};

struct AsyncDispatcherPorts {
  AsyncQueue& queue;
  Invoker& invoker;
  lambda::FunctionDirectory& functions;
  AsyncSettingsSource& settings;
  queue::Outbox& outbox;
  AsyncObserver& observer;
  Clock& clock;
  Random& random;
  Metrics& metrics;
  FaultPoints& faults;
};

class AsyncDispatcher {
 public:
  static constexpr std::size_t kFirstWindow = 10;
  static constexpr std::int64_t kGrowEveryMs = 100;

  // What `ports` refers to outlives *this.
  AsyncDispatcher(AsyncDispatcherPorts ports, AsyncDispatcherOptions options = {});
  ~AsyncDispatcher();
  void start();
  // Claims nothing more. An event that does not succeed from now on is given back as it was: then
  // the invoker may be stopped.
  void stop_claiming();
  // Waits for what runs; after stop_claiming() and the invoker's stop, before the queue's.
  Task<void> stop();

 private:
  // A function whose queue is claimed from.
  struct Served {
    std::string partition;
    queue::QueueId queue;
    std::size_t window = kFirstWindow;
    std::size_t max_window = 0;  // the function's reservation, or the option
    std::size_t in_flight = 0;
    Monotonic grown{};
    Monotonic paused_until{};
    int throttles = 0;                    // in a row
    std::shared_ptr<OneShot<bool>> room;  // set when an event of it has ended
  };
  using ServedPtr = std::shared_ptr<Served>;
  struct Running {
    queue::QueueId queue;
    std::string token;
    Monotonic renewed{};
  };

  Task<void> scan_registry();
  Task<void> renew_leases();
  void serve_soon(const std::string& partition);
  Task<void> serve(ServedPtr served);
  Task<void> wait_for_room(ServedPtr served);
  void begin(const ServedPtr& served, queue::Lease lease);
  Task<void> run(ServedPtr served, queue::Item item);
  Task<Status> attempt(ServedPtr served, queue::Item item);
  AsyncDecision decide(AsyncOutcome& outcome, const aws::ApiResult<InvokeResult>& result,
                       Timestamp accepted);
  Task<Status> finish(ServedPtr served, std::string item_id, AsyncOutcome outcome);
  Task<Result<bool>> try_finish(const Served& served, const std::string& item_id,
                                const AsyncOutcome& outcome);
  Task<aws::ApiResult<InvokeResult>> invoke(ServedPtr served, AsyncEvent event,
                                            lambda::ResolvedFunction function);
  void throttled(Served& served);
  std::string token_of(const std::string& item_id) const;

  AsyncDispatcherPorts ports_;
  const AsyncDispatcherOptions options_;
  Counter& succeeded_;
  Counter& retries_;
  Counter& backoffs_;
  Counter& failed_;
  Counter& in_flight_gauge_;
  Counter& served_gauge_;
  std::stop_source stop_;
  Gate gate_;
  std::map<std::string, ServedPtr> served_;            // by partition
  std::map<std::string, Running> running_;             // by item id
  std::list<std::shared_ptr<OneShot<bool>>> wanting_;  // loops that wait for max_in_flight
  bool crowded_ = false;  // a function was turned away since the last scan
};

}  // namespace kiln::invoke
