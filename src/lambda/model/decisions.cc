// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/decisions.h"

#include "gen/lambda/errors.h"
#include "lambda/model/layer.h"
#include "lambda/store/function_codec.h"

#include <utility>

namespace kiln::lambda {
namespace {

constexpr std::size_t kMaxNameLength = 64;

std::unexpected<aws::ApiError> invalid(std::string message) {
  return aws::fail(gen::lambda::invalid_parameter_value_exception(std::move(message)));
}

bool has_text(const std::optional<std::string>& text) { return text && !text->empty(); }

// Settings that CreateFunction and UpdateFunctionConfiguration share, by the same member names.
template <class Input>
Check apply_shared(FunctionVersion& f, const Input& input, const SettingsPolicy& policy,
                   const Layers& layers) {
  const UnsupportedSettings unsupported{.file_systems = input.file_system_configs,
                                        .image = input.image_config,
                                        .capacity_provider = input.capacity_provider_config,
                                        .durable = input.durable_config,
                                        .kms_key_arn = input.kms_key_arn};
  KILN_TRY_VOID(check_unsupported(unsupported));
  if (input.runtime) {
    KILN_TRY_VOID(check_runtime(*input.runtime, policy));
    if (f.runtime != *input.runtime) {
      // A pinned version was the other runtime's.
      f.update_runtime_on = "Auto";
      f.pinned_runtime_arn.clear();
    }
    f.runtime = *input.runtime;
  }
  if (input.handler) f.handler = *input.handler;
  if (input.role) f.role = *input.role;
  if (input.description) f.description = *input.description;
  if (input.timeout) {
    KILN_TRY_VOID(check_timeout(*input.timeout));
    f.timeout_s = *input.timeout;
  }
  if (input.memory_size) {
    KILN_TRY_VOID(check_memory(*input.memory_size));
    f.memory_mb = *input.memory_size;
  }
  if (input.environment) {
    const auto variables = input.environment->variables.value_or(Tags{});
    KILN_TRY_VOID(check_environment(variables));
    f.environment = variables;
  }
  if (input.ephemeral_storage && input.ephemeral_storage->size) {
    f.ephemeral_storage_mb = *input.ephemeral_storage->size;
  }
  if (input.logging_config) {
    KILN_TRY(f.logging, decide_logging(f.logging, *input.logging_config));
  }
  if (input.vpc_config) {
    KILN_TRY(f.vpc, policy.vpcs->decide(f.vpc, *input.vpc_config));
  }
  if (input.tracing_config) f.tracing_mode = input.tracing_config->mode.value_or("PassThrough");
  if (input.dead_letter_config) {
    f.dead_letter_target = input.dead_letter_config->target_arn.value_or("");
  }
  if (layers) f.layers = *layers;
  if (input.snap_start) f.snap_start = input.snap_start->apply_on == "PublishedVersions";
  KILN_TRY_VOID(check_snap_start(f));
  KILN_TRY_VOID(check_layer_sizes(f));
  f.config_sha256 = config_sha256(f);
  return {};
}

}  // namespace

aws::ApiResult<FunctionVersion> decide_create(const FunctionKey& key,
                                              const gen::lambda::CreateFunctionRequest& input,
                                              const SettingsPolicy& policy, const Layers& layers) {
  if (key.name.size() > kMaxNameLength) {
    return invalid("1 validation error detected: Value '" + key.name +
                   "' at 'functionName' failed to satisfy constraint: Member must have length "
                   "less than or equal to 64");
  }
  if (input.package_type.value_or("Zip") != "Zip") {
    return aws::fail(not_supported("PackageType Image"));
  }
  if (has_text(input.publish_to)) return aws::fail(not_supported("PublishTo"));
  if (input.code && has_text(input.code->source_kms_key_arn)) {
    return aws::fail(not_supported("SourceKMSKeyArn"));
  }
  if (!has_text(input.runtime) || !has_text(input.handler)) {
    return invalid(
        "Runtime and Handler are mandatory parameters for functions created with deployment "
        "packages.");
  }
  FunctionVersion f;
  f.account = key.account;
  f.region = key.region;
  f.name = key.name;
  f.logging.log_group = "/aws/lambda/" + key.name;
  f.architecture = policy.host_architecture == "arm64" && !input.architectures ? "arm64" : "x86_64";
  if (input.architectures) {
    KILN_TRY_VOID(check_architectures(*input.architectures, policy));
    if (!input.architectures->empty()) f.architecture = input.architectures->front();
  }
  f.tenant_isolation =
      input.tenancy_config && input.tenancy_config->tenant_isolation_mode == "PER_TENANT";
  KILN_TRY_VOID(apply_shared(f, input, policy, layers));
  KILN_TRY_VOID(check_tags(input.tags.value_or(Tags{})));
  f.state = State::kPending;
  f.state_reason = "The function is being created.";
  f.state_reason_code = "Creating";
  return f;
}

aws::ApiResult<FunctionVersion> decide_configuration(
    FunctionVersion function, const gen::lambda::UpdateFunctionConfigurationRequest& input,
    const SettingsPolicy& policy, const Layers& layers) {
  KILN_TRY_VOID(apply_shared(function, input, policy, layers));
  return function;
}

Check check_code_update(const gen::lambda::UpdateFunctionCodeRequest& input,
                        const SettingsPolicy& policy) {
  if (has_text(input.publish_to)) return aws::fail(not_supported("PublishTo"));
  if (has_text(input.source_kms_key_arn)) return aws::fail(not_supported("SourceKMSKeyArn"));
  if (input.architectures) return check_architectures(*input.architectures, policy);
  return {};
}

Check check_code_source(const CodeSource& source, bool updating) {
  const bool s3 = has_text(source.s3_bucket) || has_text(source.s3_key);
  if (has_text(source.image_uri)) {
    if (updating) {
      return invalid(
          "Please don't provide ImageUri when updating a function with packageType Zip.");
    }
    return aws::fail(not_supported("ImageUri"));
  }
  if (source.zip_file && s3) {
    return invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.");
  }
  const bool object = has_text(source.s3_bucket) && has_text(source.s3_key);
  if (!source.zip_file && !object) return invalid("Please provide a source for function code.");
  return {};
}

Check check_updatable(const FunctionVersion& f, const std::optional<std::string>& revision_id) {
  if (f.last_update_status == UpdateStatus::kInProgress) {
    return aws::fail(gen::lambda::resource_conflict_exception(
        "The operation cannot be performed at this time. An update is in progress for resource: " +
        f.arn()));
  }
  if (f.state == State::kPending) return aws::fail(not_in_state_to_run(f));
  if (revision_id && *revision_id != f.revision_id) {
    return aws::fail(gen::lambda::precondition_failed_exception(
        "The Revision Id provided does not match the latest Revision Id. Call the "
        "GetFunction/GetAlias API to retrieve the latest Revision Id"));
  }
  return {};
}

void begin_update(FunctionVersion& f, std::string revision_id, Timestamp now) {
  f.redeploy(std::move(revision_id));
  f.last_modified = now;
  f.last_update_status = UpdateStatus::kInProgress;
  f.last_update_reason = "The function is being created.";
  f.last_update_reason_code = "Creating";
}

Check check_no_tenants(const FunctionVersion& function, std::string_view feature) {
  if (!function.tenant_isolation) return {};
  return invalid(std::string(feature) +
                 " are not supported for functions that are enabled with tenant isolation.");
}

aws::ApiError not_in_state_to_run(const FunctionVersion& f) {
  return gen::lambda::resource_conflict_exception(
      "The operation cannot be performed at this time. The function is currently in the "
      "following state: " +
      std::string(to_text(f.state)));
}

std::string_view to_text(State state) {
  switch (state) {
    case State::kPending:
      return "Pending";
    case State::kActive:
      return "Active";
    case State::kInactive:
      return "Inactive";
    case State::kFailed:
      return "Failed";
  }
  return "Failed";
}

std::string_view to_text(UpdateStatus status) {
  switch (status) {
    case UpdateStatus::kSuccessful:
      return "Successful";
    case UpdateStatus::kInProgress:
      return "InProgress";
    case UpdateStatus::kFailed:
      return "Failed";
  }
  return "Failed";
}

}  // namespace kiln::lambda
