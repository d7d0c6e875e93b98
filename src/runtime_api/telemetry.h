// SPDX-License-Identifier: Apache-2.0
#pragma once
// Telemetry carries an environment's events to the extensions that subscribed to them: the
// Telemetry API (2022-07-01) and the older Logs API (2020-08-15).
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html
//
// Nobody subscribed: active() is false and nothing is kept. Events from before the first
// subscription are kept for it while an extension may still subscribe (record_backlog()).
// Bounds: per subscriber twice its maxBytes and maxItems; what does not fit is dropped, counted and
// told by platform.logsDropped. Failed deliveries are repeated with backoff until the end.
// Threads: one loop. Ownership: the environment's Session; deliveries hold what they use.

#include "async/loop.h"
#include "async/task.h"
#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::runtime_api {

// Connects to a port on the environment's loopback.
using ConnectInside = std::function<Task<Result<Fd>>(int port)>;

enum Stream : std::uint8_t { kPlatform = 1, kFunction = 2, kExtension = 4 };

struct Subscription {
  std::string subscriber;  // the extension's name
  std::uint8_t streams = 0;
  bool logs_api = false;      // the older API and its names of events
  bool runtime_done = false;  // of the older API: schema version 2021-03-18
  bool tcp = false;
  bool put = false;  // HTTP method PUT instead of POST
  int port = 0;
  std::string path;  // with its slash
  std::size_t max_items = 10'000;
  std::size_t max_bytes = 262'144;
  std::int64_t timeout_ms = 1'000;
};

class Telemetry {
 public:
  explicit Telemetry(Loop& loop);
  ~Telemetry();

  void set_connect(ConnectInside connect);
  // False: publish() would do nothing.
  bool active() const { return active_; }
  // Extensions were launched: keep events for those who subscribe later.
  void record_backlog();
  // `event`: the whole JSON object, without a newline. `type`: "platform.start", "function".
  void publish(Stream stream, std::string_view type, std::string event);
  // A platform event from before there was this object; kept for subscribers without counting.
  void seed(std::string_view type, std::string event);
  // kInvalidArgument: subscriptions are closed, or the extension uses the other API already.
  Status subscribe(Subscription subscription);
  // The initialisation is over; the backlog is dropped.
  void close_subscriptions();
  bool subscriptions_open() const { return open_; }
  // Sends what is there now instead of waiting for its time.
  void flush();
  // Ends deliveries; what was not sent is lost.
  void stop();

  struct Subscriber;

 private:
  struct Kept {
    Stream stream;
    std::string type;
    std::string event;
  };
  Loop& loop_;
  std::shared_ptr<ConnectInside> connect_;
  bool active_ = false;
  bool open_ = true;
  bool backlog_on_ = false;
  std::deque<Kept> backlog_;
  std::size_t backlog_bytes_ = 0;
  std::vector<std::shared_ptr<Subscriber>> subscribers_;
};

}  // namespace kiln::runtime_api
