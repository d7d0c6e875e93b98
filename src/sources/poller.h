// SPDX-License-Identifier: Apache-2.0
#pragma once
// Poller runs one enabled mapping: receives, filters, collects batches, invokes the function, and
// removes what it handled.
//
// A message is removed after an invocation without error that did not name it as failed, or when no
// filter passes it. Otherwise its lease ends and the source gives it out again. Throttles and
// system errors are tried again while the leases last; messages of a loop (invoke/lineage.h) are
// invoked apart, so that they stop nobody else. What was received and not invoked when the
// poller stops is given back at once.
// Threads: one loop. Lifecycle: start(), then stop() once, which waits for running invocations.

#include "async/clock.h"
#include "async/event.h"
#include "async/executor.h"
#include "async/gate.h"
#include "base/metrics.h"
#include "base/random.h"
#include "invoke/invoker.h"
#include "lambda/function_directory.h"
#include "sources/batch.h"
#include "sources/filter.h"
#include "sources/mapping.h"
#include "sources/mapping_meter.h"
#include "sources/message_source.h"
#include "sources/poller_scale.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace kiln::sources {

struct PollerPorts {
  Clock& clock;
  Random& random;
  Metrics& metrics;
  lambda::FunctionDirectory& functions;
  invoke::Invoker& invoker;
  metering::ResourceMeter* meter = nullptr;  // by EventSourceMappingUUID; null: none
};

class Poller {
 public:
  // `source` and everything in `ports` outlive *this.
  Poller(Mapping mapping, MessageSource& source, PollerPorts ports);
  void start();
  // Takes nothing more. Running invocations go on.
  void begin_stop();
  Task<void> stop();
  const Mapping& mapping() const { return mapping_; }
  // LastProcessingResult: "No records processed", "OK" or "PROBLEM: ...".
  const std::string& last_result() const { return last_result_; }
  int in_flight() const { return in_flight_; }

 private:
  Task<void> run();
  // Waits until one more batch may be in flight; false when stopped.
  Task<bool> free_place();
  // Empty when nothing came, or after an error.
  Task<Batch> collect();
  // The next messages that the filters pass, at most `max`; those dropped are removed.
  Task<Result<std::deque<ReceivedMessage>>> receive(std::size_t max, std::int64_t wait_ms);
  void begin(Batch batch);
  Task<void> process(Batch batch);
  Task<void> settle(const Batch& batch, const invoke::InvokeResult& result);
  // nullopt: not invoked, or an error that is not the function's.
  Task<std::optional<invoke::InvokeResult>> invoke(const Batch& batch);
  Task<Status> find_function();
  int hops(const ReceivedMessage& message) const;
  std::string trace_header_of(const Batch& batch) const;
  // False: they come again.
  Task<bool> remove(std::vector<std::string> handles);
  Task<void> give_back(std::vector<std::string> handles);
  Task<void> rest(std::int64_t ms);
  void wake();
  Subscription subscription() const { return {mapping_.source_arn, role_arn_}; }

  const Mapping mapping_;
  MessageSource& source_;
  PollerPorts ports_;
  Filter filter_;
  PollerScale scale_;
  MappingMeter meter_;
  std::string role_arn_;
  int timeout_s_ = 3;
  std::string own_arn_;  // of the function, without a version
  bool allows_recursion_ = false;
  std::string last_result_ = "No records processed";
  int in_flight_ = 0;
  std::deque<ReceivedMessage> carried_;  // received, did not fit the last batch
  std::shared_ptr<OneShot<bool>> place_freed_;
  std::stop_source stop_;
  Gate gate_;
  Counter& received_;
  Counter& filtered_;
  Counter& invoked_;
  Counter& failed_;
  Counter& removed_;
};

}  // namespace kiln::sources
