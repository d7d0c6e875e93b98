// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/configuration.h"

#include "lambda/model/decisions.h"

#include <string>
#include <string_view>

namespace kiln::lambda {
namespace {

void set_text(std::optional<std::string>& member, std::string_view text) {
  if (!text.empty()) member = std::string(text);
}

gen::lambda::LoggingConfig to_wire(const LoggingConfig& logging) {
  gen::lambda::LoggingConfig out;
  out.log_format = logging.json ? "JSON" : "Text";
  set_text(out.application_log_level, logging.application_level);
  set_text(out.system_log_level, logging.system_level);
  out.log_group = logging.log_group;
  return out;
}

void set_states(gen::lambda::FunctionConfiguration& out, const FunctionVersion& f) {
  out.state = std::string(to_text(f.state));
  set_text(out.state_reason, f.state_reason);
  set_text(out.state_reason_code, f.state_reason_code);
  if (f.state == State::kPending) return;
  out.last_update_status = std::string(to_text(f.last_update_status));
  set_text(out.last_update_status_reason, f.last_update_reason);
  set_text(out.last_update_status_reason_code, f.last_update_reason_code);
}

}  // namespace

gen::lambda::FunctionConfiguration to_list_item(const FunctionVersion& f, Arn arn) {
  gen::lambda::FunctionConfiguration out;
  out.function_name = f.name;
  out.function_arn = arn == Arn::kQualified ? f.qualified_arn() : f.arn();
  set_text(out.runtime, f.runtime);
  out.role = f.role;
  set_text(out.handler, f.handler);
  out.code_size = f.code.size;
  out.description = f.description;
  out.timeout = f.timeout_s;
  out.memory_size = f.memory_mb;
  out.last_modified = format_lambda_time(f.last_modified);
  out.code_sha256 = f.code.sha256_base64;
  out.version = f.version;
  if (!f.environment.empty()) out.environment.emplace().variables = f.environment;
  set_text(out.kms_key_arn, f.kms_key_arn);
  out.tracing_config.emplace().mode = f.tracing_mode;
  out.revision_id = f.revision_id;
  out.package_type = "Zip";
  out.architectures.emplace().push_back(f.architecture);
  out.ephemeral_storage.emplace().size = f.ephemeral_storage_mb;
  auto& snap_start = out.snap_start.emplace();
  snap_start.apply_on = f.snap_start ? "PublishedVersions" : "None";
  snap_start.optimization_status =
      f.starts_from_snapshot() && f.state != State::kFailed ? "On" : "Off";
  out.logging_config = to_wire(f.logging);
  set_text(out.config_sha256, f.config_sha256);
  for (const Layer& layer : f.layers) {
    auto& item = (out.layers ? *out.layers : out.layers.emplace()).emplace_back();
    item.arn = layer.arn;
    item.code_size = layer.code.size;
  }
  if (f.vpc) {
    auto& vpc = out.vpc_config.emplace();
    vpc.subnet_ids = f.vpc->subnet_ids;
    vpc.security_group_ids = f.vpc->security_group_ids;
    vpc.vpc_id = f.vpc->vpc_id;
    vpc.ipv6_allowed_for_dual_stack = false;
  }
  if (f.tenant_isolation) out.tenancy_config.emplace().tenant_isolation_mode = "PER_TENANT";
  if (!f.dead_letter_target.empty()) {
    out.dead_letter_config.emplace().target_arn = f.dead_letter_target;
  }
  return out;
}

gen::lambda::FunctionConfiguration to_configuration(const FunctionVersion& f, Arn arn) {
  auto out = to_list_item(f, arn);
  set_states(out, f);
  out.runtime_version_config.emplace().runtime_version_arn =
      runtime_version_arn(f.region, f.runtime);
  return out;
}

}  // namespace kiln::lambda
