// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/layer.h"

#include "aws/arn.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "gen/lambda/errors.h"
#include "lambda/code/zip.h"
#include "lambda/model/resource_policy.h"
#include "lambda/model/settings.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace kiln::lambda {
namespace {

constexpr std::string_view kLayer = "layer:";

std::unexpected<aws::ApiError> invalid(std::string message) {
  return aws::fail(gen::lambda::invalid_parameter_value_exception(std::move(message)));
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

aws::ApiResult<void> check_revision(const LayerVersion& layer,
                                    const std::optional<std::string>& revision_id) {
  if (!revision_id || *revision_id == layer.policy_revision) return {};
  return aws::fail(gen::lambda::precondition_failed_exception(
      "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API "
      "to retrieve the latest Revision Id"));
}

bool lists(const std::vector<std::string>& values, std::string_view wanted) {
  return wanted.empty() || std::ranges::find(values, wanted) != values.end();
}

}  // namespace

std::string LayerKey::arn() const {
  return "arn:aws:lambda:" + region + ":" + account + ":layer:" + name;
}

std::string LayerKey::version_arn(std::int64_t version) const {
  return arn() + ":" + std::to_string(version);
}

bool LayerVersion::compatible_with(std::string_view runtime, std::string_view architecture) const {
  return lists(runtimes, runtime) && lists(architectures, architecture);
}

aws::ApiResult<LayerKey> parse_layer(const aws::RequestContext& context, std::string_view name) {
  const auto arn = aws::parse_arn(name);
  if (!arn) {
    return LayerKey{
        .account = context.account, .region = context.region, .name = std::string(name)};
  }
  if (arn->region != context.region) {
    return aws::fail(gen::lambda::resource_not_found_exception(
        "Layers from '" + arn->region + "' are not reachable in this region ('" + context.region +
        "')"));
  }
  return LayerKey{.account = arn->account,
                  .region = arn->region,
                  .name = arn->resource.starts_with(kLayer) ? arn->resource.substr(kLayer.size())
                                                            : arn->resource};
}

aws::ApiResult<LayerKey> parse_own_layer(const aws::RequestContext& context,
                                         std::string_view name) {
  auto key = parse_layer(context, name);
  if (key && key->account != context.account) {
    const std::string action = "lambda:" + context.operation;
    return aws::fail(
        {.code = "AccessDeniedException",
         .http_status = 403,
         .message = "User: " + context.principal.arn + " is not authorized to perform: " + action +
                    " on resource: " + key->arn() +
                    " because no resource-based policy allows the " + action + " action"});
  }
  return key;
}

std::optional<LayerVersionRef> parse_layer_version_arn(std::string_view text) {
  const auto arn = aws::parse_arn(text);
  if (!arn || arn->service != "lambda" || !arn->resource.starts_with(kLayer)) return std::nullopt;
  const std::string_view rest = std::string_view(arn->resource).substr(kLayer.size());
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view digits = rest.substr(colon + 1);
  LayerVersionRef out{.key = {.account = arn->account,
                              .region = arn->region,
                              .name = std::string(rest.substr(0, colon))}};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.version);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

std::string layer_resource(const aws::RequestContext& context, std::string_view name) {
  if (name.starts_with("arn:")) return std::string(name);
  return LayerKey{context.account, context.region, std::string(name)}.arn();
}

std::string layer_resource(const aws::RequestContext& context, std::string_view name,
                           std::optional<std::int64_t> version) {
  return layer_resource(context, name) + ":" + std::to_string(version.value_or(0));
}

aws::ApiResult<void> check_layer_version_number(std::int64_t version) {
  if (version >= 1) return {};
  return invalid("Layer Version Cannot be less than 1.");
}

aws::ApiError layer_version_not_found(const LayerKey& key, std::int64_t version) {
  return gen::lambda::resource_not_found_exception("Layer version " + key.version_arn(version) +
                                                   " does not exist.");
}

aws::ApiResult<void> check_layer_list(const aws::RequestContext& context,
                                      const std::vector<std::string>& arns) {
  if (arns.size() > kMaxLayers) {
    return invalid("Cannot reference more than " + std::to_string(kMaxLayers) + " layers.");
  }
  std::map<std::string, std::string> seen;  // layer's ARN -> its version's
  for (const std::string& arn : arns) {
    const auto ref = parse_layer_version_arn(arn);
    if (!ref) return invalid("Layer version " + arn + " does not exist.");
    if (ref->key.region != context.region) {
      return invalid(
          "Layers are not in the same region as the function. Layers are expected to be in "
          "region " +
          context.region + ".");
    }
    const auto [other, is_new] = seen.emplace(ref->key.arn(), arn);
    if (!is_new) {
      return invalid(
          "Two different versions of the same layer are not allowed to be referenced in the same "
          "function. " +
          other->second + " and " + arn + " are versions of the same layer.");
    }
  }
  return {};
}

aws::ApiResult<void> check_layer_sizes(const FunctionVersion& function) {
  if (function.layers.empty()) return {};
  std::int64_t layers = 0;
  for (const Layer& layer : function.layers) layers += layer.code.unzipped_bytes;
  const std::string most = std::to_string(kMaxUnzippedBytes) + " bytes";
  if (layers > kMaxUnzippedBytes) {
    return invalid("Layers consume more than the available size of " + most);
  }
  const std::int64_t all = layers + function.code.unzipped_bytes;
  if (all <= kMaxUnzippedBytes) return {};
  return invalid("Function code combined with layers exceeds the maximum allowed size of " + most +
                 ". The actual size is " + std::to_string(all) + " bytes.");
}

std::string layers_id(const FunctionVersion& function) {
  if (function.layers.empty()) return "";
  if (function.layers.size() == 1) return function.layers.front().code.sha256_hex;
  std::string list = "layers";
  for (const Layer& layer : function.layers) list += "\n" + layer.code.sha256_hex;
  return sha256_hex(list);
}

std::vector<std::string> packages_to_merge(const FunctionVersion& function) {
  std::vector<std::string> out;
  if (function.layers.size() < 2) return out;
  for (const Layer& layer : function.layers) out.push_back(layer.code.sha256_hex);
  return out;
}

std::set<std::string> package_references(const FunctionVersion& function) {
  std::set<std::string> out{function.code.sha256_hex};
  for (const Layer& layer : function.layers) out.insert(layer.code.sha256_hex);
  if (!function.layers.empty()) out.insert(layers_id(function));
  return out;
}

aws::ApiResult<void> check_compatible_runtimes(const std::vector<std::string>& runtimes) {
  for (const auto& runtime : runtimes) {
    if (is_known_runtime(runtime)) continue;
    std::string list;
    for (const auto& each : runtimes) list.append(list.empty() ? "" : ", ").append(each);
    return aws::fail({.code = "ValidationException",
                      .http_status = 400,
                      .message = "1 validation error detected: Value '[" + list +
                                 "]' at 'compatibleRuntimes' failed to satisfy constraint: Member "
                                 "must satisfy constraint: [Member must satisfy enum value set: [" +
                                 current_runtimes() + "]]"});
  }
  return {};
}

aws::ApiResult<void> check_layer_source(const std::optional<std::string>& zip_file,
                                        const std::optional<std::string>& bucket,
                                        const std::optional<std::string>& key) {
  const bool object = bucket || key;
  if (zip_file && object) {
    return invalid("Please do not provide other Content parameters when providing a ZipFile.");
  }
  if (zip_file || (bucket && key)) return {};
  return invalid("Please provide a source for the layer's content.");
}

aws::ApiResult<void> add_statement(LayerVersion& layer, const LayerStatement& statement,
                                   const std::optional<std::string>& revision_id) {
  if (std::ranges::find(layer.statements, statement.id, &LayerStatement::id) !=
      layer.statements.end()) {
    return aws::fail(gen::lambda::resource_conflict_exception(
        "The statement id (" + statement.id +
        ") provided already exists. Please provide a new statement id, or remove the existing "
        "statement."));
  }
  KILN_TRY_VOID(check_revision(layer, revision_id));
  layer.statements.push_back(statement);
  if (policy_of(layer).size() <= kMaxPolicyBytes) return {};
  return aws::fail(gen::lambda::policy_length_exceeded_exception(
      "The final policy size is bigger than the limit (" + std::to_string(kMaxPolicyBytes) + ")."));
}

aws::ApiResult<void> remove_statement(LayerVersion& layer, std::string_view id,
                                      const std::optional<std::string>& revision_id) {
  KILN_TRY_VOID(check_revision(layer, revision_id));
  if (std::erase_if(layer.statements, [id](const auto& s) { return s.id == id; }) > 0) return {};
  return aws::fail(gen::lambda::resource_not_found_exception("Statement " + std::string(id) +
                                                             " is not found in resource policy."));
}

std::string to_json(const LayerVersion& layer, const LayerStatement& statement) {
  std::string principal = quoted(statement.principal);
  if (statement.principal != "*") {
    const bool account = aws::is_account_id(statement.principal);
    principal =
        R"({"AWS":)" +
        quoted(account ? "arn:aws:iam::" + statement.principal + ":root" : statement.principal) +
        "}";
  }
  std::string out = R"({"Sid":)" + quoted(statement.id) + R"(,"Effect":"Allow","Principal":)" +
                    principal + R"(,"Action":"lambda:GetLayerVersion","Resource":)" +
                    quoted(layer.arn());
  if (!statement.organization.empty()) {
    out += R"(,"Condition":{"StringEquals":{"aws:PrincipalOrgID":)" +
           quoted(statement.organization) + "}}";
  }
  return out + "}";
}

std::string policy_of(const LayerVersion& layer) {
  if (layer.statements.empty()) return "";
  std::string out = R"({"Version":"2012-10-17","Id":"default","Statement":[)";
  for (const LayerStatement& statement : layer.statements) {
    if (out.back() != '[') out += ',';
    out += to_json(layer, statement);
  }
  return out + "]}";
}

}  // namespace kiln::lambda
