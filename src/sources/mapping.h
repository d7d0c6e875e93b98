// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mapping is one event source mapping: which function reads which source, and how.
// https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html

#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::sources {

enum class MappingState : std::uint8_t {
  kCreating,
  kEnabling,
  kEnabled,
  kDisabling,
  kDisabled,
  kUpdating,
  kDeleting,
};
std::string_view to_string(MappingState state);

struct ProvisionedPollers {
  std::int32_t minimum = 2;
  std::int32_t maximum = 200;
  std::string group;  // PollerGroupName
};

struct Mapping {
  std::string uuid;
  std::string account;
  std::string region;
  std::string source_arn;
  std::string function_arn;  // qualified as it was given
  bool enabled = true;       // what the user wants; `state` follows
  MappingState state = MappingState::kCreating;
  // Changes with every change by a user: a poller with an older one is replaced.
  std::int64_t revision = 1;
  Timestamp last_modified;

  std::int32_t batch_size = 10;
  std::int32_t window_s = 0;
  std::vector<std::string> filters;  // patterns, as JSON
  bool report_failures = false;      // ReportBatchItemFailures
  std::optional<std::int32_t> maximum_concurrency;
  std::optional<ProvisionedPollers> pollers;
  std::map<std::string, std::string> tags;
  bool counts_events = false;  // MetricsConfig: EventCount

  std::string arn() const;
};

std::string encode(const Mapping& mapping);
Result<Mapping> decode_mapping(std::string_view bytes);

}  // namespace kiln::sources
