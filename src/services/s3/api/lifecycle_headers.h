// SPDX-License-Identifier: Apache-2.0
#pragma once
// What answers say of the lifecycle rules that apply.

#include "services/s3/api/common.h"
#include "services/s3/model/lifecycle.h"

#include <optional>
#include <string>

namespace kiln::s3 {

inline std::optional<Lifecycle> lifecycle_of(const BucketState& bucket) {
  const std::string* stored = bucket.config(std::string(kLifecycleConfig));
  if (!stored) return std::nullopt;
  auto decoded = decode_lifecycle(*stored);
  return decoded ? std::optional(std::move(*decoded)) : std::nullopt;
}

// x-amz-expiration of a current version.
inline Text expiration_header(const BucketState& bucket, const std::string& key,
                              const Version& version) {
  const auto rules = lifecycle_of(bucket);
  const auto due = rules ? expiry_of(*rules, key, version) : std::nullopt;
  return due ? Text(expiration_text(*due)) : std::nullopt;
}

// x-amz-abort-date and x-amz-abort-rule-id of an upload.
template <class Output>
void set_abort_headers(Output& output, const BucketState& bucket, const Upload& upload) {
  const auto rules = lifecycle_of(bucket);
  const auto due = rules ? abort_of(*rules, upload.key, upload.initiated) : std::nullopt;
  if (!due) return;
  output.abort_date = due->at;
  output.abort_rule_id = due->rule_id;
}

}  // namespace kiln::s3
