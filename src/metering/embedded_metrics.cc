// SPDX-License-Identifier: Apache-2.0
#include "metering/embedded_metrics.h"

#include <boost/json.hpp>

#include <string>
#include <utility>

namespace kiln::metering {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDirectiveMetrics = 100;
constexpr std::size_t kMaxDimensions = 30;
constexpr std::size_t kMaxValues = 100;

std::string text_of(const json::value* value) {
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// The sets of dimensions; nullopt when one names a member that is no text.
std::vector<Dimensions> dimension_sets(const json::object& directive, const json::object& root) {
  std::vector<Dimensions> out;
  const json::value* sets = directive.if_contains("Dimensions");
  if (!sets || !sets->is_array() || sets->get_array().empty()) return {{}};
  for (const json::value& set : sets->get_array()) {
    if (!set.is_array() || set.get_array().size() > kMaxDimensions) continue;
    Dimensions dimensions;
    bool complete = true;
    for (const json::value& name : set.get_array()) {
      const std::string key = text_of(&name);
      const std::string value = text_of(key.empty() ? nullptr : root.if_contains(key));
      complete = complete && !value.empty() && value.size() <= 1'024 && key.size() <= 250;
      dimensions[key] = value;
    }
    if (complete) out.push_back(std::move(dimensions));
  }
  return out;
}

bool add_values(const json::value* value, Datapoint& point) {
  if (!value) return false;
  if (value->is_number()) {
    point.add(value->to_number<double>());
    return true;
  }
  const json::array* list = value->if_array();
  if (!list || list->size() > kMaxValues) return false;
  for (const json::value& item : *list) {
    if (!item.is_number()) return false;
    point.add(item.to_number<double>());
  }
  return !list->empty();
}

void read_directive(const json::object& directive, const json::object& root, Timestamp at,
                    std::vector<EmbeddedMetric>& out) {
  const std::string space = text_of(directive.if_contains("Namespace"));
  const json::value* metrics = directive.if_contains("Metrics");
  if (space.empty() || space.size() > 255 || !metrics || !metrics->is_array()) return;
  if (metrics->get_array().size() > kMaxDirectiveMetrics) return;
  const std::vector<Dimensions> sets = dimension_sets(directive, root);
  for (const json::value& metric : metrics->get_array()) {
    const json::object* definition = metric.if_object();
    const std::string name = definition ? text_of(definition->if_contains("Name")) : "";
    Datapoint point;
    if (name.empty() || name.size() > 255 || !add_values(root.if_contains(name), point)) continue;
    point.unit = text_of(definition->if_contains("Unit"));
    if (point.unit.empty()) point.unit = "None";
    for (const Dimensions& dimensions : sets) {
      if (out.size() == kMaxEmbedded) return;
      out.push_back({{"", "", space, name, dimensions}, at, point});
    }
  }
}

}  // namespace

std::vector<EmbeddedMetric> embedded_metrics(std::string_view line) {
  // Most lines are none: they cost one search.
  if (line.find("\"CloudWatchMetrics\"") == std::string_view::npos) return {};
  boost::system::error_code error;
  const json::value parsed = json::parse(line, error);
  const json::object* root = error ? nullptr : parsed.if_object();
  const json::value* meta = root ? root->if_contains("_aws") : nullptr;
  if (!meta || !meta->is_object()) return {};
  const json::value* time = meta->get_object().if_contains("Timestamp");
  const json::value* directives = meta->get_object().if_contains("CloudWatchMetrics");
  if (!time || !time->is_int64() || !directives || !directives->is_array()) return {};
  std::vector<EmbeddedMetric> out;
  for (const json::value& directive : directives->get_array()) {
    if (directive.is_object()) {
      read_directive(directive.get_object(), *root, {time->get_int64()}, out);
    }
  }
  return out;
}

}  // namespace kiln::metering
