// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <string_view>

namespace kiln {

Counter& Metrics::counter(std::string name) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Counter>& slot = counters_[std::move(name)];
  if (!slot) slot = std::make_unique<Counter>();
  return *slot;
}

std::string Metrics::prometheus_text() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  std::string_view last_family;
  for (const auto& [name, counter] : counters_) {
    // A name may carry labels: family{label="x"}.
    const std::string_view family = std::string_view(name).substr(0, name.find('{'));
    if (family != last_family) {
      text.append("# TYPE ").append(family);
      text.append(family.ends_with("_total") ? " counter\n" : " gauge\n");
      last_family = family;
    }
    text.append(name).append(" ").append(std::to_string(counter->value())).append("\n");
  }
  return text;
}

}  // namespace kiln
