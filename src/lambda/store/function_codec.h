// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stored forms of this room's values: JSON objects with a format version "v".

#include "base/result.h"
#include "lambda/model/function.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::lambda {

// How many environments of a version or an alias are kept started.
struct ProvisionedConfig {
  std::int32_t count = 0;
  Timestamp modified;
};

// How many environments of a version there are: no fewer than `min`, no more than `max`.
struct ScalingConfig {
  std::optional<std::int32_t> min;
  std::optional<std::int32_t> max;
};

// One function as stored: $LATEST, and what belongs to all of its versions.
struct FunctionRecord {
  FunctionVersion latest;
  std::map<std::string, std::string> tags;
  // Of all versions together: what the function may use and nobody else may.
  std::optional<std::int32_t> reserved_concurrency;
  bool allows_recursion = false;
  std::string code_signing_config;                       // ARN; empty: packages need no signature
  std::map<std::string, ProvisionedConfig> provisioned;  // by version or alias
  std::map<std::string, ScalingConfig> scaling;          // by version
  // Of the newest published version, whether it is still there or not; zero: none yet.
  std::int64_t last_version = 0;
  // What $LATEST was when it was published last: blob id of its code, ConfigSha256.
  std::string published_code;
  std::string published_config;
  // The version that becomes Active together with $LATEST; zero: none.
  std::int64_t unfinished_version = 0;
};

// What the functions of one account use in one region.
struct Usage {
  std::int64_t code_bytes = 0;
  std::int64_t function_count = 0;
  // Of all functions together: reservations, and without one what is provisioned.
  std::int64_t reserved_concurrency = 0;
};

std::string encode(const FunctionRecord& record);
std::string encode(const Usage& usage);
// Error kInternal: the value was not written by this code, or by a newer one.
Result<FunctionRecord> decode_function(std::string_view bytes);
// A published version.
std::string encode_version(const FunctionVersion& version);
Result<FunctionVersion> decode_version(std::string_view bytes);
Result<Usage> decode_usage(std::string_view bytes);

// ConfigSha256: changes with every setting of the configuration, and with nothing else.
std::string config_sha256(const FunctionVersion& function);

}  // namespace kiln::lambda
