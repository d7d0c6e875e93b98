// SPDX-License-Identifier: Apache-2.0
#pragma once
// TelemetryDelivery sends batches of events to one subscriber: an HTTP request with a JSON array,
// or lines on a TCP connection that stays open.
//
// HTTP: delivered means answered with 2xx. TCP: written. Each try has a deadline of its own, so a
// frozen or stuck subscriber holds nothing up for ever. Threads: one loop. One send() at a time.

#include "async/loop.h"
#include "runtime_api/telemetry.h"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace kiln::runtime_api {

class TelemetryDelivery {
 public:
  TelemetryDelivery(Loop& loop, const Subscription& subscription,
                    std::shared_ptr<ConnectInside> connect);
  ~TelemetryDelivery();
  // `batch` outlives the task.
  Task<Status> send(const std::vector<std::string>& batch, std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kiln::runtime_api
