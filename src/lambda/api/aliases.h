// SPDX-License-Identifier: Apache-2.0
#pragma once
// Steps that the operations on aliases share.

#include "gen/lambda/types.h"
#include "lambda/api/common.h"
#include "lambda/model/alias.h"
#include "lambda/store/part_repository.h"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::lambda {

using NoWeights = std::map<std::string, double>;

inline std::string alias_arn(const FunctionKey& key, std::string_view name) {
  return function_arn(key.account, key.region, key.name, name);
}

inline Weights weights_of(const std::optional<gen::lambda::AliasRoutingConfiguration>& routing) {
  return routing ? routing->additional_version_weights : std::nullopt;
}

inline aws::ApiError alias_not_found(const FunctionKey& key, const std::string& name) {
  return qualifier_not_found({.key = key, .qualifier = name});
}

// Every version that the alias leads to is there, and they may share it. Inner errors:
// ResourceNotFoundException, InvalidParameterValueException.
Task<Result<aws::ApiResult<void>>> check_versions(FunctionTransaction& transaction, Alias alias);

template <class Output>
Output to_alias_configuration(const FunctionKey& key, const Alias& alias) {
  Output out;
  out.alias_arn = alias_arn(key, alias.name);
  out.name = alias.name;
  out.function_version = alias.version;
  out.description = alias.description;
  if (!alias.weights.empty()) {
    out.routing_config.emplace().additional_version_weights = alias.weights;
  }
  out.revision_id = alias.revision_id;
  return out;
}

}  // namespace kiln::lambda
