// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counters and gauges of the server itself, shown by GET /_kiln/metrics in Prometheus text form.
// Every bound in Kiln has one of these that moves when it is hit.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace kiln {

class Counter {
 public:
  void add(std::int64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  void set(std::int64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Owns the counters by name; lives as long as the server. Thread-safe. Look a counter up once, in a
// constructor, and keep the reference.
class Metrics {
 public:
  // `name` in Prometheus style: "kiln_http_shed_total". Same name, same counter.
  Counter& counter(std::string name);
  std::string prometheus_text() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Counter>> counters_;
};

}  // namespace kiln
