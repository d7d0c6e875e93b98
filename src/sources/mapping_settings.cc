// SPDX-License-Identifier: Apache-2.0
#include "sources/mapping_settings.h"

#include "gen/lambda/errors.h"
#include "lambda/model/settings.h"
#include "sources/filter.h"

#include <string>
#include <utility>

namespace kiln::sources {
namespace {

using gen::lambda::CreateEventSourceMappingRequest;
using gen::lambda::UpdateEventSourceMappingRequest;

constexpr std::int32_t kDefaultBatch = 10;
constexpr std::int32_t kMaxFifoBatch = 10;
constexpr std::int32_t kMaxBatchWithoutWindow = 10;
constexpr std::string_view kEventCount = "EventCount";

std::unexpected<aws::ApiError> refuse(std::string message) {
  return aws::fail(gen::lambda::invalid_parameter_value_exception(std::move(message)));
}

std::unexpected<aws::ApiError> other_source(std::string_view member) {
  return refuse("Unsupported " + std::string(member) +
                " parameter for given event source mapping type.");
}

std::unexpected<aws::ApiError> not_built(std::string_view member) {
  return aws::fail(lambda::not_supported(member));
}

// An object whose members all are absent says nothing; infrastructure tools send it.
bool says_something(const std::optional<gen::lambda::DestinationConfig>& config) {
  if (!config) return false;
  const bool success = config->on_success && config->on_success->destination.has_value();
  const bool failure = config->on_failure && config->on_failure->destination.has_value();
  return success || failure;
}

template <class Request>
aws::ApiResult<void> check_common(const Request& r) {
  if (says_something(r.destination_config)) return other_source("DestinationConfig");
  if (r.maximum_record_age_in_seconds) return other_source("MaximumRecordAgeInSeconds");
  if (r.maximum_retry_attempts) return other_source("MaximumRetryAttempts");
  if (r.parallelization_factor) return other_source("ParallelizationFactor");
  if (r.bisect_batch_on_function_error.value_or(false)) {
    return other_source("BisectBatchOnFunctionError");
  }
  if (r.tumbling_window_in_seconds.value_or(0) != 0) {
    return other_source("TumblingWindowInSeconds");
  }
  if (r.source_access_configurations && !r.source_access_configurations->empty()) {
    return other_source("SourceAccessConfigurations");
  }
  if (r.amazon_managed_kafka_event_source_config) {
    return other_source("AmazonManagedKafkaEventSourceConfig");
  }
  if (r.self_managed_kafka_event_source_config) {
    return other_source("SelfManagedKafkaEventSourceConfig");
  }
  if (r.document_db_event_source_config) return other_source("DocumentDBEventSourceConfig");
  if (r.logging_config) return other_source("LoggingConfig");
  if (r.kms_key_arn && !r.kms_key_arn->empty()) return not_built("KMSKeyArn");
  // Others are of Kafka.
  if (r.metrics_config && r.metrics_config->metrics) {
    for (const std::string& group : *r.metrics_config->metrics) {
      if (group != kEventCount) return other_source("MetricsConfig");
    }
  }
  return {};
}

template <class Request>
aws::ApiResult<void> apply_common(const Request& r, Mapping& mapping) {
  if (r.enabled) mapping.enabled = *r.enabled;
  if (r.batch_size) mapping.batch_size = *r.batch_size;
  if (r.maximum_batching_window_in_seconds) {
    mapping.window_s = *r.maximum_batching_window_in_seconds;
  }
  if (r.function_response_types) mapping.report_failures = !r.function_response_types->empty();
  if (r.metrics_config) {
    mapping.counts_events = r.metrics_config->metrics && !r.metrics_config->metrics->empty();
  }
  if (r.scaling_config) mapping.maximum_concurrency = r.scaling_config->maximum_concurrency;
  if (const auto& config = r.provisioned_poller_config) {
    mapping.pollers = std::nullopt;
    if (config->minimum_pollers || config->maximum_pollers) {
      const ProvisionedPollers defaults;
      mapping.pollers = {
          .minimum = config->minimum_pollers.value_or(defaults.minimum),
          .maximum = config->maximum_pollers.value_or(defaults.maximum),
          .group = config->poller_group_name.value_or(""),
      };
    }
  }
  if (r.filter_criteria) {
    mapping.filters.clear();
    if (r.filter_criteria->filters) {
      for (const auto& filter : *r.filter_criteria->filters) {
        mapping.filters.push_back(filter.pattern.value_or("{}"));
      }
    }
    if (auto good = check_patterns(mapping.filters); !good) return good;
  }
  return {};
}

aws::ApiResult<void> check_pollers(const ProvisionedPollers& pollers) {
  if (pollers.minimum < 2 || pollers.minimum > 200) {
    return refuse("MinimumPollers must be between 2 and 200 for SQS event source mappings.");
  }
  if (pollers.maximum < 2 || pollers.maximum > 2'000) {
    return refuse("MaximumPollers must be between 2 and 2000 for SQS event source mappings.");
  }
  if (pollers.minimum > pollers.maximum) {
    return refuse("MinimumPollers must be less than or equal to MaximumPollers.");
  }
  return {};
}

}  // namespace

aws::ApiResult<void> check_supported(const CreateEventSourceMappingRequest& request) {
  if (request.self_managed_event_source) return not_built("SelfManagedEventSource");
  if (request.starting_position) {
    return refuse("StartingPosition is not valid for SQS event sources.");
  }
  if (request.starting_position_timestamp) return other_source("StartingPositionTimestamp");
  if (request.topics && !request.topics->empty()) return other_source("Topics");
  if (request.queues && !request.queues->empty()) return other_source("Queues");
  return check_common(request);
}

aws::ApiResult<void> check_supported(const UpdateEventSourceMappingRequest& request) {
  return check_common(request);
}

aws::ApiResult<void> apply(const CreateEventSourceMappingRequest& request, Mapping& mapping) {
  mapping.batch_size = kDefaultBatch;
  if (request.tags) mapping.tags = *request.tags;
  return apply_common(request, mapping);
}

aws::ApiResult<void> apply(const UpdateEventSourceMappingRequest& request, Mapping& mapping) {
  return apply_common(request, mapping);
}

aws::ApiResult<void> check(const Mapping& mapping, const QueueFacts& queue,
                           int function_timeout_s) {
  if (queue.fifo && mapping.batch_size > kMaxFifoBatch) {
    return refuse("Batch size must not exceed 10 for FIFO queues");
  }
  if (queue.fifo && mapping.window_s > 0) {
    return refuse("Batching window is not supported for FIFO queues");
  }
  if (mapping.batch_size > kMaxBatchWithoutWindow && mapping.window_s == 0) {
    return refuse(
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
        "than 10");
  }
  if (mapping.maximum_concurrency && mapping.pollers) {
    return refuse("MaximumConcurrency cannot be used with ProvisionedPollerConfig.");
  }
  if (mapping.pollers) {
    if (auto good = check_pollers(*mapping.pollers); !good) return good;
  }
  if (queue.visibility_timeout_s < function_timeout_s) {
    return refuse("Queue visibility timeout: " + std::to_string(queue.visibility_timeout_s) +
                  " seconds is less than Function timeout: " + std::to_string(function_timeout_s) +
                  " seconds");
  }
  return {};
}

}  // namespace kiln::sources
