// SPDX-License-Identifier: Apache-2.0
// Lifecycle rules as they are sent and stored: what AWS refuses, and the stored form.
#include "base/fields.h"
#include "services/s3/model/errors.h"
#include "services/s3/model/lifecycle.h"
#include "services/s3/model/names.h"

#include <algorithm>
#include <set>
#include <utility>

namespace kiln::s3 {
namespace {

constexpr std::size_t kMaxRules = 1'000;
constexpr std::size_t kMaxIdBytes = 255;
constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1'000;
constexpr std::int32_t kMinInfrequentDays = 30;

template <class T>
void put(FieldWriter& out, const std::optional<T>& number) {
  out.number(number ? 1 : 0).number(number ? static_cast<std::int64_t>(*number) : 0);
}
void put(FieldWriter& out, const std::optional<Timestamp>& time) {
  out.number(time ? 1 : 0).number(time ? time->ms : 0);
}

template <class T>
std::optional<T> take(FieldReader& in) {
  const bool there = in.number() != 0;
  const auto value = static_cast<T>(in.number());
  return there ? std::optional(value) : std::nullopt;
}
std::optional<Timestamp> take_time(FieldReader& in) {
  const auto ms = take<std::int64_t>(in);
  return ms ? std::optional(Timestamp{*ms}) : std::nullopt;
}

void put(FieldWriter& out, const std::vector<LifecycleTransition>& transitions) {
  out.number(static_cast<std::int64_t>(transitions.size()));
  for (const auto& transition : transitions) {
    put(out, transition.days);
    put(out, transition.date);
    put(out, transition.newer);
    out.text(transition.storage_class);
  }
}

std::vector<LifecycleTransition> take_transitions(FieldReader& in) {
  std::vector<LifecycleTransition> out;
  for (auto left = in.number(); left > 0 && in.status(); --left) {
    LifecycleTransition transition;
    transition.days = take<std::int32_t>(in);
    transition.date = take_time(in);
    transition.newer = take<std::int32_t>(in);
    transition.storage_class = in.text();
    out.push_back(std::move(transition));
  }
  return out;
}

void put(FieldWriter& out, const LifecycleFilter& filter) {
  out.number(static_cast<std::int64_t>(filter.form));
  out.number(filter.prefix ? 1 : 0).text(filter.prefix.value_or(""));
  put(out, filter.larger_than);
  put(out, filter.smaller_than);
  out.number(static_cast<std::int64_t>(filter.tags.size()));
  for (const auto& [key, value] : filter.tags) out.text(key).text(value);
}

LifecycleFilter take_filter(FieldReader& in) {
  LifecycleFilter filter;
  filter.form = static_cast<LifecycleFilter::Form>(in.number());
  const bool has_prefix = in.number() != 0;
  std::string prefix = in.text();
  if (has_prefix) filter.prefix = std::move(prefix);
  filter.larger_than = take<std::int64_t>(in);
  filter.smaller_than = take<std::int64_t>(in);
  for (auto left = in.number(); left > 0 && in.status(); --left) {
    std::string key = in.text();
    filter.tags[std::move(key)] = in.text();
  }
  return filter;
}

bool at_midnight(Timestamp time) { return time.ms % kDayMs == 0; }

aws::ApiError must_be_positive(std::string_view name, std::string_view action) {
  return invalid_argument("'" + std::string(name) + "' for " + std::string(action) +
                          " action must be a positive integer");
}

aws::ApiResult<void> check_filter(const LifecycleRule& rule) {
  const LifecycleFilter& filter = rule.filter;
  const auto count = (filter.prefix ? 1U : 0U) + filter.tags.size() +
                     (filter.larger_than ? 1U : 0U) + (filter.smaller_than ? 1U : 0U);
  if (filter.form == LifecycleFilter::Form::kSingle && count > 1) return aws::fail(malformed_xml());
  if (filter.form == LifecycleFilter::Form::kAnd && count < 2) return aws::fail(malformed_xml());
  if (filter.larger_than && filter.smaller_than && *filter.larger_than >= *filter.smaller_than) {
    return aws::fail(invalid_request(
        "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'."));
  }
  for (const auto& size : {filter.larger_than, filter.smaller_than})
    if (size && *size < 0) return aws::fail(malformed_xml());
  return check_tags(filter.tags, kMaxObjectTags);
}

aws::ApiResult<void> check_expiration(const LifecycleRule& rule) {
  const int ways =
      (rule.days ? 1 : 0) + (rule.date ? 1 : 0) + (rule.expired_markers.has_value() ? 1 : 0);
  if (ways > 1) return aws::fail(malformed_xml());
  if (rule.days && *rule.days <= 0) return aws::fail(must_be_positive("Days", "Expiration"));
  if (rule.date && !at_midnight(*rule.date))
    return aws::fail(invalid_argument("'Date' must be at midnight GMT"));
  const LifecycleFilter& filter = rule.filter;
  const bool narrow = !filter.tags.empty() || filter.larger_than || filter.smaller_than;
  if (rule.expired_markers.has_value() && narrow) {
    return aws::fail(invalid_request(
        "ExpiredObjectDeleteMarker cannot be specified with a Tag-based or size-based filter."));
  }
  if (rule.abort_days && narrow) {
    return aws::fail(invalid_request("AbortIncompleteMultipartUpload cannot be specified with " +
                                     std::string(filter.tags.empty() ? "object size." : "Tags.")));
  }
  if (rule.abort_days && *rule.abort_days <= 0)
    return aws::fail(must_be_positive("DaysAfterInitiation", "AbortIncompleteMultipartUpload"));
  return {};
}

aws::ApiResult<void> check_noncurrent(const LifecycleRule& rule) {
  if (rule.newer_noncurrent && !rule.noncurrent_days) return aws::fail(malformed_xml());
  if (rule.noncurrent_days && *rule.noncurrent_days <= 0)
    return aws::fail(must_be_positive("NoncurrentDays", "NoncurrentVersionExpiration"));
  if (rule.newer_noncurrent && (*rule.newer_noncurrent <= 0 || *rule.newer_noncurrent > 100)) {
    return aws::fail(invalid_argument(
        "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be a positive "
        "integer of 100 at most"));
  }
  return {};
}

aws::ApiResult<void> check_transition(const LifecycleRule& rule,
                                      const LifecycleTransition& transition, bool noncurrent) {
  const std::string& to = transition.storage_class;
  const std::string action = noncurrent ? "NoncurrentVersionTransition" : "Transition";
  if (to == "GLACIER" || to == "DEEP_ARCHIVE") return aws::fail(not_implemented(action));
  if (to != "STANDARD_IA" && to != "ONEZONE_IA" && to != "INTELLIGENT_TIERING" &&
      to != "GLACIER_IR")
    return aws::fail(malformed_xml());
  const bool both = transition.days && transition.date;
  if (both || (!transition.days && !transition.date)) return aws::fail(malformed_xml());
  if (transition.date && !at_midnight(*transition.date))
    return aws::fail(invalid_argument("'Date' must be at midnight GMT"));
  const std::string name = noncurrent ? "'NoncurrentDays'" : "'Days'";
  if (transition.days && *transition.days < 0)
    return aws::fail(invalid_argument(name + " in " + action + " action must be nonnegative"));
  const bool infrequent = to == "STANDARD_IA" || to == "ONEZONE_IA";
  if (infrequent && transition.days && *transition.days < kMinInfrequentDays) {
    return aws::fail(invalid_argument(name + " in " + action +
                                      " action must be greater than or equal to 30 for "
                                      "storageClass '" +
                                      to + "'"));
  }
  const auto& end = noncurrent ? rule.noncurrent_days : rule.days;
  if (transition.days && end && *end <= *transition.days) {
    return aws::fail(invalid_argument(
        name + " in the " + (noncurrent ? "NoncurrentVersionExpiration" : "Expiration") +
        " action for filter '(prefix=" + rule.filter.prefix.value_or("") +
        ")' must be greater than " + name + " in the " + action + " action"));
  }
  return {};
}

aws::ApiResult<void> check_rule(const LifecycleRule& rule) {
  if (rule.id.size() > kMaxIdBytes)
    return aws::fail(invalid_argument("ID length should not exceed allowed limit of 255"));
  const bool acts = rule.days || rule.date || rule.expired_markers.has_value() ||
                    rule.noncurrent_days || rule.newer_noncurrent || rule.abort_days ||
                    !rule.transitions.empty() || !rule.noncurrent_transitions.empty();
  if (!acts)
    return aws::fail(invalid_request("At least one action needs to be specified in a rule."));
  for (const auto check : {check_filter, check_expiration, check_noncurrent})
    if (auto good = check(rule); !good) return good;
  for (const auto& transition : rule.transitions)
    if (auto good = check_transition(rule, transition, false); !good) return good;
  for (const auto& transition : rule.noncurrent_transitions)
    if (auto good = check_transition(rule, transition, true); !good) return good;
  return {};
}

}  // namespace

aws::ApiResult<void> check_lifecycle(const Lifecycle& lifecycle) {
  if (lifecycle.rules.empty() || lifecycle.rules.size() > kMaxRules)
    return aws::fail(malformed_xml());
  if (lifecycle.transition_minimum != "all_storage_classes_128K" &&
      lifecycle.transition_minimum != "varies_by_storage_class") {
    return aws::fail(invalid_request("Invalid TransitionDefaultMinimumObjectSize found: " +
                                     lifecycle.transition_minimum));
  }
  std::set<std::string_view> ids;
  for (const LifecycleRule& rule : lifecycle.rules) {
    if (auto good = check_rule(rule); !good) return good;
    if (!ids.insert(rule.id).second) {
      return aws::fail(invalid_argument(
          "Rule ID must be unique. Found same ID for more than one rule", "ID", rule.id));
    }
  }
  return {};
}

std::string encode(const Lifecycle& lifecycle) {
  FieldWriter out;
  out.text(lifecycle.transition_minimum);
  out.number(static_cast<std::int64_t>(lifecycle.rules.size()));
  for (const LifecycleRule& rule : lifecycle.rules) {
    out.text(rule.id).number(rule.enabled ? 1 : 0);
    put(out, rule.filter);
    put(out, rule.days);
    put(out, rule.date);
    put(out, rule.expired_markers);
    put(out, rule.noncurrent_days);
    put(out, rule.newer_noncurrent);
    put(out, rule.abort_days);
    put(out, rule.transitions);
    put(out, rule.noncurrent_transitions);
  }
  return out.bytes();
}

Result<Lifecycle> decode_lifecycle(std::string_view bytes) {
  FieldReader in(bytes);
  Lifecycle out;
  out.transition_minimum = in.text();
  for (auto left = in.number(); left > 0 && in.status(); --left) {
    LifecycleRule rule;
    rule.id = in.text();
    rule.enabled = in.number() != 0;
    rule.filter = take_filter(in);
    rule.days = take<std::int32_t>(in);
    rule.date = take_time(in);
    rule.expired_markers = take<bool>(in);
    rule.noncurrent_days = take<std::int32_t>(in);
    rule.newer_noncurrent = take<std::int32_t>(in);
    rule.abort_days = take<std::int32_t>(in);
    rule.transitions = take_transitions(in);
    rule.noncurrent_transitions = take_transitions(in);
    out.rules.push_back(std::move(rule));
  }
  KILN_TRY_VOID(in.status());
  return out;
}

}  // namespace kiln::s3
