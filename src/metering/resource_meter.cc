// SPDX-License-Identifier: Apache-2.0
#include "metering/resource_meter.h"

#include <algorithm>

namespace kiln::metering {

ResourceMeter::ResourceMeter(MetricStore& store, std::string space, std::string dimension)
    : store_(store), space_(std::move(space)), dimension_(std::move(dimension)) {
  store_.on_flush([this] { collect(); });
}

void ResourceMeter::add(const Resource& of, std::string_view metric, double value,
                        std::string_view unit, double times) {
  scratch_.assign(of.account).append("/").append(of.region).append("/").append(of.name);
  auto found = values_.find(scratch_);
  if (found == values_.end()) {
    if (values_.size() >= kMaxResources) {
      store_.count_dropped();
      return;
    }
    found = values_
                .emplace(scratch_, Values{.account = std::string(of.account),
                                          .region = std::string(of.region),
                                          .name = std::string(of.name),
                                          .metrics = {}})
                .first;
  }
  auto& metrics = found->second.metrics;
  auto known = std::ranges::find(metrics, metric, &std::pair<std::string, Datapoint>::first);
  if (known == metrics.end()) {
    known = metrics.emplace(metrics.end(), std::string(metric), Datapoint{});
    known->second.unit = unit;
  }
  known->second.add(value, times);
}

void ResourceMeter::collect() {
  for (auto& [key, values] : std::exchange(values_, {})) {
    for (auto& [metric, point] : values.metrics) {
      store_.add_now({.account = values.account,
                      .region = values.region,
                      .space = space_,
                      .name = metric,
                      .dimensions = {{dimension_, values.name}}},
                     point);
    }
  }
}

}  // namespace kiln::metering
