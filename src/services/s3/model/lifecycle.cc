// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/lifecycle.h"

#include "base/encoding.h"

#include <algorithm>
#include <array>

namespace kiln::s3 {
namespace {

constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1'000;
constexpr std::uint64_t kSmallObject = 128 * 1024;

// From the fastest to the slowest: versions move down only.
constexpr std::array<std::string_view, 5> kClasses = {
    "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR"};

std::size_t rank(std::string_view storage_class) {
  const auto found = std::ranges::find(kClasses, storage_class);
  return found == kClasses.end() ? 0 : static_cast<std::size_t>(found - kClasses.begin());
}

bool fits_key(const LifecycleRule& rule, std::string_view key) {
  return rule.enabled && key.starts_with(rule.filter.prefix.value_or(""));
}

bool fits(const LifecycleRule& rule, std::string_view key, const Version& version) {
  if (!fits_key(rule, key)) return false;
  const LifecycleFilter& filter = rule.filter;
  const auto size = static_cast<std::int64_t>(version.size);
  if (filter.larger_than && size <= *filter.larger_than) return false;
  if (filter.smaller_than && size >= *filter.smaller_than) return false;
  return std::ranges::all_of(filter.tags, [&version](const auto& tag) {
    const auto found = version.about.tags.find(tag.first);
    return found != version.about.tags.end() && found->second == tag.second;
  });
}

void keep_earlier(std::optional<LifecycleDue>& best, Timestamp at, const LifecycleRule& rule) {
  if (!best || at < best->at) best = LifecycleDue{at, rule.id};
}

bool has_sizes(const LifecycleRule& rule) {
  return rule.filter.larger_than || rule.filter.smaller_than;
}

bool transition_due(const LifecycleTransition& transition, const Version& version,
                    const NoncurrentState* state, Timestamp now) {
  if (state) {
    return transition.days && state->newer >= transition.newer.value_or(0) &&
           due_after(state->since, *transition.days) <= now;
  }
  if (transition.date) return *transition.date <= now;
  return transition.days && due_after(version.modified, *transition.days) <= now;
}

}  // namespace

Timestamp due_after(Timestamp from, std::int32_t days) {
  const std::int64_t due = from.ms + days * kDayMs;
  return {(due + kDayMs - 1) / kDayMs * kDayMs};
}

std::optional<LifecycleDue> expiry_of(const Lifecycle& lifecycle, std::string_view key,
                                      const Version& version) {
  std::optional<LifecycleDue> best;
  for (const LifecycleRule& rule : lifecycle.rules) {
    if (!fits(rule, key, version)) continue;
    if (rule.days) keep_earlier(best, due_after(version.modified, *rule.days), rule);
    if (rule.date) keep_earlier(best, *rule.date, rule);
  }
  return best;
}

std::optional<LifecycleDue> abort_of(const Lifecycle& lifecycle, std::string_view key,
                                     Timestamp initiated) {
  std::optional<LifecycleDue> best;
  for (const LifecycleRule& rule : lifecycle.rules) {
    if (rule.abort_days && fits_key(rule, key))
      keep_earlier(best, due_after(initiated, *rule.abort_days), rule);
  }
  return best;
}

bool lone_marker_goes(const Lifecycle& lifecycle, std::string_view key, const Version& marker,
                      Timestamp now) {
  return std::ranges::any_of(lifecycle.rules, [&](const LifecycleRule& rule) {
    // A marker has neither size nor tags.
    if (!fits_key(rule, key) || has_sizes(rule) || !rule.filter.tags.empty()) return false;
    if (rule.expired_markers.value_or(false)) return true;
    if (rule.days) return due_after(marker.modified, *rule.days) <= now;
    return rule.date && *rule.date <= now;
  });
}

bool noncurrent_goes(const Lifecycle& lifecycle, std::string_view key, const Version& version,
                     const NoncurrentState& state, Timestamp now) {
  return std::ranges::any_of(lifecycle.rules, [&](const LifecycleRule& rule) {
    return rule.noncurrent_days && fits(rule, key, version) &&
           state.newer >= rule.newer_noncurrent.value_or(0) &&
           due_after(state.since, *rule.noncurrent_days) <= now;
  });
}

std::optional<std::string> moves_to(const Lifecycle& lifecycle, std::string_view key,
                                    const Version& version, const NoncurrentState* state,
                                    Timestamp now) {
  if (version.marker) return std::nullopt;
  std::size_t best = rank(version.about.storage_class);
  const std::size_t now_at = best;
  for (const LifecycleRule& rule : lifecycle.rules) {
    if (!fits(rule, key, version)) continue;
    // By default small objects stay where they are.
    if (version.size < kSmallObject && !has_sizes(rule)) continue;
    for (const auto& transition : state ? rule.noncurrent_transitions : rule.transitions) {
      if (transition_due(transition, version, state, now))
        best = std::max(best, rank(transition.storage_class));
    }
  }
  if (best == now_at) return std::nullopt;
  return std::string(kClasses[best]);
}

std::string common_rule_prefix(const Lifecycle& lifecycle) {
  std::optional<std::string> out;
  for (const LifecycleRule& rule : lifecycle.rules) {
    if (!rule.enabled) continue;
    const std::string prefix = rule.filter.prefix.value_or("");
    if (!out) {
      out = prefix;
      continue;
    }
    const auto ends = std::ranges::mismatch(*out, prefix);
    out->erase(ends.in1, out->end());
  }
  return out.value_or("");
}

std::string expiration_text(const LifecycleDue& due) {
  return "expiry-date=\"" + format_http_date(due.at) + "\", rule-id=\"" +
         percent_encode(due.rule_id) + "\"";
}

}  // namespace kiln::s3
