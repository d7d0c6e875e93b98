// SPDX-License-Identifier: Apache-2.0
#pragma once
// Layers: numbered, immutable packages that functions add to /opt.
// https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
//
// A function keeps what it needs of its layers' versions (function.h, Layer): one that is deleted
// goes on working for who uses it.

#include "aws/api_error.h"
#include "aws/request_context.h"
#include "base/time.h"
#include "lambda/keys.h"
#include "lambda/model/function.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::lambda {

inline constexpr std::size_t kMaxLayers = 5;

struct LayerStatement {
  std::string id;
  std::string principal;  // "*", an account, or its root's ARN
  std::string organization;
};

struct LayerVersion {
  LayerKey key;
  std::int64_t version = 0;
  std::string description;
  std::string license;
  std::vector<std::string> runtimes;  // empty: any
  std::vector<std::string> architectures;
  Code code;
  Timestamp created;
  std::vector<LayerStatement> statements;
  std::string policy_revision;

  std::string arn() const { return key.version_arn(version); }
  // Whether lists that ask for these (empty: any) show it.
  bool compatible_with(std::string_view runtime, std::string_view architecture) const;
};

// `name` is a layer's name or ARN. Pure. Error: InvalidParameterValueException for another region.
aws::ApiResult<LayerKey> parse_layer(const aws::RequestContext& context, std::string_view name);
// As above; a layer of another account is AccessDeniedException.
aws::ApiResult<LayerKey> parse_own_layer(const aws::RequestContext& context, std::string_view name);

struct LayerVersionRef {
  LayerKey key;
  std::int64_t version = 0;
};
// "arn:aws:lambda:us-east-1:123456789012:layer:name:1"; nullopt for anything else.
std::optional<LayerVersionRef> parse_layer_version_arn(std::string_view arn);

// The ARNs that IAM decides on. Never fail: names that do not parse are refused by the handler.
std::string layer_resource(const aws::RequestContext& context, std::string_view name);
std::string layer_resource(const aws::RequestContext& context, std::string_view name,
                           std::optional<std::int64_t> version);

aws::ApiResult<void> check_layer_version_number(std::int64_t version);
aws::ApiError layer_version_not_found(const LayerKey& key, std::int64_t version);
// The rules for a function's list: how many, which region, none twice.
aws::ApiResult<void> check_layer_list(const aws::RequestContext& context,
                                      const std::vector<std::string>& arns);
// That code and layers, unpacked, stay within kMaxUnzippedBytes together.
aws::ApiResult<void> check_layer_sizes(const FunctionVersion& function);

// The folder that holds all of the function's layers: the only one's SHA-256, or a name for the
// list; "" without layers.
std::string layers_id(const FunctionVersion& function);
// What that folder is merged from; none when it is the only layer's own.
std::vector<std::string> packages_to_merge(const FunctionVersion& function);
// What the function needs to stay: its packages and the folder of its layers.
std::set<std::string> package_references(const FunctionVersion& function);

// Runtimes that Lambda has or had.
aws::ApiResult<void> check_compatible_runtimes(const std::vector<std::string>& runtimes);
// A zip, or bucket and key.
aws::ApiResult<void> check_layer_source(const std::optional<std::string>& zip_file,
                                        const std::optional<std::string>& bucket,
                                        const std::optional<std::string>& key);
// Changes of the policy. `revision_id`, when given, is the policy's (412).
aws::ApiResult<void> add_statement(LayerVersion& layer, const LayerStatement& statement,
                                   const std::optional<std::string>& revision_id);
aws::ApiResult<void> remove_statement(LayerVersion& layer, std::string_view id,
                                      const std::optional<std::string>& revision_id);

// One statement, or the whole policy, as JSON; "" without statements.
std::string to_json(const LayerVersion& layer, const LayerStatement& statement);
std::string policy_of(const LayerVersion& layer);

}  // namespace kiln::lambda
