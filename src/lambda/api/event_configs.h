// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations on FunctionEventInvokeConfigs share, and their list.

#include "gen/lambda/types.h"
#include "lambda/api/common.h"
#include "lambda/store/event_config.h"

namespace kiln::gen::lambda {
struct PutFunctionEventInvokeConfig;
struct UpdateFunctionEventInvokeConfig;
struct GetFunctionEventInvokeConfig;
struct ListFunctionEventInvokeConfigs;
struct DeleteFunctionEventInvokeConfig;
}  // namespace kiln::gen::lambda

namespace kiln::aws {
class Registry;
template <class Model, class Service>
struct Operation;
}  // namespace kiln::aws

namespace kiln::lambda {

extern const aws::Operation<gen::lambda::PutFunctionEventInvokeConfig, Service>
    kPutFunctionEventInvokeConfig;
extern const aws::Operation<gen::lambda::UpdateFunctionEventInvokeConfig, Service>
    kUpdateFunctionEventInvokeConfig;
extern const aws::Operation<gen::lambda::GetFunctionEventInvokeConfig, Service>
    kGetFunctionEventInvokeConfig;
extern const aws::Operation<gen::lambda::ListFunctionEventInvokeConfigs, Service>
    kListFunctionEventInvokeConfigs;
extern const aws::Operation<gen::lambda::DeleteFunctionEventInvokeConfig, Service>
    kDeleteFunctionEventInvokeConfig;

// Part of register_operations().
void register_event_config_operations(aws::Registry& registry, Service& service);

// The function, version or alias whose configuration a request means; without one, $LATEST.
aws::ApiResult<FunctionRef> parse_event_config_ref(const aws::RequestContext& context,
                                                   std::string_view name,
                                                   std::string_view qualifier);
// "The function <arn> doesn't have an EventInvokeConfig"
aws::ApiError no_event_config(const FunctionRef& ref);

// What a request sets; the rest is absent (Put) or stays (Update).
struct EventConfigChange {
  bool keeps_the_rest = false;
  std::optional<std::int32_t> max_retries;
  std::optional<std::int32_t> max_age_s;
  std::optional<gen::lambda::DestinationConfig> destinations;
};
Task<aws::ApiResult<EventConfig>> change_event_config(Service& service, aws::RequestContext context,
                                                      FunctionRef ref, EventConfigChange change);

template <class Output>
void describe(const FunctionKey& function, const EventConfig& config, Output& output) {
  output.last_modified = config.modified;
  output.function_arn =
      function_arn(function.account, function.region, function.name, config.qualifier);
  output.maximum_retry_attempts = config.max_retries;
  output.maximum_event_age_in_seconds = config.max_age_s;
  auto& destinations = output.destination_config.emplace();
  destinations.on_success.emplace();
  destinations.on_failure.emplace();
  if (!config.on_success.empty()) destinations.on_success->destination = config.on_success;
  if (!config.on_failure.empty()) destinations.on_failure->destination = config.on_failure;
}

}  // namespace kiln::lambda
