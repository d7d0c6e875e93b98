// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lifecycle rules of a bucket: which versions end when, and which uploads. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html

#include "aws/api_error.h"
#include "base/result.h"
#include "services/s3/model/records.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::s3 {

// The kind of a bucket's configuration that they are kept as.
inline constexpr std::string_view kLifecycleConfig = "lifecycle";

struct LifecycleFilter {
  // How it was written: a prefix beside the rule, or a filter with one or several conditions.
  enum class Form : std::uint8_t { kRulePrefix, kSingle, kAnd };
  Form form = Form::kSingle;
  std::optional<std::string> prefix;
  Tags tags;
  std::optional<std::int64_t> larger_than;
  std::optional<std::int64_t> smaller_than;
};

struct LifecycleTransition {
  std::optional<std::int32_t> days;
  std::optional<Timestamp> date;      // of current versions
  std::optional<std::int32_t> newer;  // of noncurrent versions
  std::string storage_class;
};

struct LifecycleRule {
  std::string id;
  bool enabled = true;
  LifecycleFilter filter;
  std::optional<std::int32_t> days;
  std::optional<Timestamp> date;
  std::optional<bool> expired_markers;
  std::optional<std::int32_t> noncurrent_days;
  std::optional<std::int32_t> newer_noncurrent;  // that stay
  std::optional<std::int32_t> abort_days;
  std::vector<LifecycleTransition> transitions;
  std::vector<LifecycleTransition> noncurrent_transitions;
};

struct Lifecycle {
  std::vector<LifecycleRule> rules;
  std::string transition_minimum = "all_storage_classes_128K";
};

std::string encode(const Lifecycle& lifecycle);
Result<Lifecycle> decode_lifecycle(std::string_view bytes);

// AWS's errors for rules that contradict themselves. NotImplemented for transitions into archives.
aws::ApiResult<void> check_lifecycle(const Lifecycle& lifecycle);

// The first midnight (UTC) that is `days` behind `from`.
Timestamp due_after(Timestamp from, std::int32_t days);

struct LifecycleDue {
  Timestamp at;
  std::string rule_id;
};
// When a current version ends, by the rule that ends it first; nullopt: never.
std::optional<LifecycleDue> expiry_of(const Lifecycle& lifecycle, std::string_view key,
                                      const Version& version);
// When an upload under way is aborted.
std::optional<LifecycleDue> abort_of(const Lifecycle& lifecycle, std::string_view key,
                                     Timestamp initiated);
// Whether a delete marker without versions goes.
bool lone_marker_goes(const Lifecycle& lifecycle, std::string_view key, const Version& marker,
                      Timestamp now);
// A version beside the current one: since when, and how many such are newer.
struct NoncurrentState {
  Timestamp since;
  std::int64_t newer = 0;
};
bool noncurrent_goes(const Lifecycle& lifecycle, std::string_view key, const Version& version,
                     const NoncurrentState& state, Timestamp now);
// The storage class that a version moves to now; nullopt: it stays. `state` is null for current
// ones.
std::optional<std::string> moves_to(const Lifecycle& lifecycle, std::string_view key,
                                    const Version& version, const NoncurrentState* state,
                                    Timestamp now);
// What the keys of all rules begin with.
std::string common_rule_prefix(const Lifecycle& lifecycle);

// x-amz-expiration: 'expiry-date="...", rule-id="..."'.
std::string expiration_text(const LifecycleDue& due);

}  // namespace kiln::s3
