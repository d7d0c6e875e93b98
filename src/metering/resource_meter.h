// SPDX-License-Identifier: Apache-2.0
#pragma once
// ResourceMeter counts what happens to the queues, topics or mappings of one service, as metrics in
// one dimension: a look into a map for each value; series are made when MetricStore flushes.
// Times are MetricStore's: the host's, whatever `kiln clock` says.
// Bound: kMaxResources between two flushes, past which values are dropped and
// kiln_metering_dropped_total moves. Threads: one loop.

#include "metering/metric_store.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kiln::metering {

class ResourceMeter {
 public:
  static constexpr std::size_t kMaxResources = 20'000;

  // `space` the namespace ("AWS/SQS"), `dimension` its one dimension ("QueueName"). `store`
  // outlives *this and is not flushed afterwards.
  ResourceMeter(MetricStore& store, std::string space, std::string dimension);
  ResourceMeter(const ResourceMeter&) = delete;
  ResourceMeter& operator=(const ResourceMeter&) = delete;

  struct Resource {
    std::string_view account;
    std::string_view region;
    std::string_view name;  // value of the dimension
  };
  // `value`, `times` over.
  void add(const Resource& of, std::string_view metric, double value, std::string_view unit,
           double times = 1);
  void count(const Resource& of, std::string_view metric, double how_many = 1) {
    add(of, metric, how_many, "Count");
  }

 private:
  struct Values {
    std::string account;
    std::string region;
    std::string name;
    std::vector<std::pair<std::string, Datapoint>> metrics;
  };
  void collect();

  MetricStore& store_;
  const std::string space_;
  const std::string dimension_;
  std::string scratch_;  // the key being looked up
  std::unordered_map<std::string, Values> values_;
};

}  // namespace kiln::metering
