// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/function_codec.h"

#include "base/crypto.h"

#include <boost/json.hpp>

namespace kiln::lambda {
namespace {

namespace json = boost::json;

constexpr std::int64_t kFormat = 1;

json::object strings(const std::map<std::string, std::string>& values) {
  json::object out;
  for (const auto& [key, value] : values) out.emplace(key, value);
  return out;
}

json::array layers(const std::vector<Layer>& values) {
  json::array out;
  for (const Layer& layer : values) {
    out.push_back(json::object{{"arn", layer.arn},
                               {"hex", layer.code.sha256_hex},
                               {"base64", layer.code.sha256_base64},
                               {"size", layer.code.size},
                               {"unzipped", layer.code.unzipped_bytes}});
  }
  return out;
}

json::object vpc(const Vpc& value) {
  return {{"id", value.vpc_id},
          {"subnets", json::array(value.subnet_ids.begin(), value.subnet_ids.end())},
          {"security_groups",
           json::array(value.security_group_ids.begin(), value.security_group_ids.end())}};
}

json::object settings(const FunctionVersion& f) {
  json::object out{{"role", f.role},
                   {"runtime", f.runtime},
                   {"handler", f.handler},
                   {"description", f.description},
                   {"timeout", f.timeout_s},
                   {"memory", f.memory_mb},
                   {"storage", f.ephemeral_storage_mb},
                   {"environment", strings(f.environment)},
                   {"kms_key", f.kms_key_arn},
                   {"architecture", f.architecture},
                   {"tracing", f.tracing_mode},
                   {"dead_letter", f.dead_letter_target},
                   {"log_json", f.logging.json},
                   {"log_application", f.logging.application_level},
                   {"log_system", f.logging.system_level},
                   {"log_group", f.logging.log_group},
                   {"layers", layers(f.layers)}};
  if (f.vpc) out.emplace("vpc", vpc(*f.vpc));
  // Only when it is on: the hashes of others stay what they were.
  if (f.snap_start) out.emplace("snap_start", true);
  return out;
}

json::object version(const FunctionVersion& f) {
  json::object out = settings(f);
  out.emplace("account", f.account);
  out.emplace("region", f.region);
  out.emplace("name", f.name);
  out.emplace("version", f.version);
  out.emplace("revision", f.revision_id);
  out.emplace("deployment", f.deployment());
  out.emplace("config_sha256", f.config_sha256);
  out.emplace("code_hex", f.code.sha256_hex);
  out.emplace("code_base64", f.code.sha256_base64);
  out.emplace("code_size", f.code.size);
  out.emplace("code_unzipped", f.code.unzipped_bytes);
  if (f.tenant_isolation) out.emplace("tenants", true);
  if (f.update_runtime_on != "Auto") out.emplace("runtime_update", f.update_runtime_on);
  if (!f.pinned_runtime_arn.empty()) out.emplace("runtime_pinned", f.pinned_runtime_arn);
  out.emplace("modified", f.last_modified.ms);
  out.emplace("state", static_cast<int>(f.state));
  out.emplace("state_reason", f.state_reason);
  out.emplace("state_code", f.state_reason_code);
  out.emplace("update", static_cast<int>(f.last_update_status));
  out.emplace("update_reason", f.last_update_reason);
  out.emplace("update_code", f.last_update_reason_code);
  return out;
}

// Reads members of one object; a missing or mistyped one keeps the target's default, so that an
// optional member can be added without a new format.
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}
  void text(const char* name, std::string& out) const {
    if (const auto* value = object_.if_contains(name); value && value->is_string()) {
      out = std::string_view(value->get_string());
    }
  }
  template <class T>
  void number(const char* name, T& out) const {
    if (const auto* value = object_.if_contains(name); value && value->is_int64()) {
      out = static_cast<T>(value->get_int64());
    }
  }
  void boolean(const char* name, bool& out) const {
    if (const auto* value = object_.if_contains(name); value && value->is_bool()) {
      out = value->get_bool();
    }
  }
  void map(const char* name, std::map<std::string, std::string>& out) const {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || !value->is_object()) return;
    for (const auto& [key, item] : value->get_object()) {
      if (item.is_string()) out.emplace(key, std::string_view(item.get_string()));
    }
  }
  void texts(const char* name, std::vector<std::string>& out) const {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || !value->is_array()) return;
    for (const auto& item : value->get_array()) {
      if (item.is_string()) out.emplace_back(std::string_view(item.get_string()));
    }
  }
  // Calls `each` with a reader of the object, when there is one.
  template <class Each>
  void object(const char* name, Each each) const {
    const auto* value = object_.if_contains(name);
    if (value != nullptr && value->is_object()) each(Reader(value->get_object()));
  }
  // Calls `each` with a reader of every object in the array.
  template <class Each>
  void objects(const char* name, Each each) const {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || !value->is_array()) return;
    for (const auto& item : value->get_array()) {
      if (item.is_object()) each(Reader(item.get_object()));
    }
  }

 private:
  const json::object& object_;
};

void read_settings(const Reader& in, FunctionVersion& f) {
  in.text("role", f.role);
  in.text("runtime", f.runtime);
  in.text("handler", f.handler);
  in.text("description", f.description);
  in.number("timeout", f.timeout_s);
  in.number("memory", f.memory_mb);
  in.number("storage", f.ephemeral_storage_mb);
  in.map("environment", f.environment);
  in.text("kms_key", f.kms_key_arn);
  in.text("architecture", f.architecture);
  in.text("tracing", f.tracing_mode);
  in.text("dead_letter", f.dead_letter_target);
  in.boolean("log_json", f.logging.json);
  in.text("log_application", f.logging.application_level);
  in.text("log_system", f.logging.system_level);
  in.text("log_group", f.logging.log_group);
  in.boolean("snap_start", f.snap_start);
  in.objects("layers", [&f](const Reader& item) {
    Layer& layer = f.layers.emplace_back();
    item.text("arn", layer.arn);
    item.text("hex", layer.code.sha256_hex);
    item.text("base64", layer.code.sha256_base64);
    item.number("size", layer.code.size);
    item.number("unzipped", layer.code.unzipped_bytes);
  });
  in.object("vpc", [&f](const Reader& item) {
    Vpc& vpc = f.vpc.emplace();
    item.text("id", vpc.vpc_id);
    item.texts("subnets", vpc.subnet_ids);
    item.texts("security_groups", vpc.security_group_ids);
  });
}

void read_version(const Reader& in, FunctionVersion& f) {
  read_settings(in, f);
  in.text("account", f.account);
  in.text("region", f.region);
  in.text("name", f.name);
  in.text("version", f.version);
  in.text("revision", f.revision_id);
  in.text("deployment", f.deployment_id);
  in.text("config_sha256", f.config_sha256);
  in.text("code_hex", f.code.sha256_hex);
  in.text("code_base64", f.code.sha256_base64);
  in.number("code_size", f.code.size);
  in.number("code_unzipped", f.code.unzipped_bytes);
  in.boolean("tenants", f.tenant_isolation);
  in.text("runtime_update", f.update_runtime_on);
  in.text("runtime_pinned", f.pinned_runtime_arn);
  in.number("modified", f.last_modified.ms);
  in.number("state", f.state);
  in.text("state_reason", f.state_reason);
  in.text("state_code", f.state_reason_code);
  in.number("update", f.last_update_status);
  in.text("update_reason", f.last_update_reason);
  in.text("update_code", f.last_update_reason_code);
}

Result<json::object> parse(std::string_view bytes, std::string_view what) {
  boost::system::error_code error;
  json::value value = json::parse(bytes, error);
  const std::string name(what);
  if (error || !value.is_object()) {
    return fail(ErrorCode::kInternal, "stored " + name + " is not a JSON object");
  }
  std::int64_t format = 0;
  Reader(value.get_object()).number("v", format);
  if (format < 1 || format > kFormat) {
    return fail(ErrorCode::kInternal, "stored " + name + " has format " + std::to_string(format) +
                                          ", this build knows up to " + std::to_string(kFormat));
  }
  return std::move(value.get_object());
}

}  // namespace

std::string encode(const FunctionRecord& record) {
  json::object out{
      {"v", kFormat}, {"latest", version(record.latest)}, {"tags", strings(record.tags)}};
  if (record.reserved_concurrency) out.emplace("reserved", *record.reserved_concurrency);
  if (record.allows_recursion) out.emplace("allows_recursion", true);
  if (!record.code_signing_config.empty()) out.emplace("signing", record.code_signing_config);
  if (!record.provisioned.empty()) {
    json::object provisioned;
    for (const auto& [qualifier, config] : record.provisioned) {
      provisioned.emplace(qualifier, json::array{config.count, config.modified.ms});
    }
    out.emplace("provisioned", std::move(provisioned));
  }
  if (!record.scaling.empty()) {
    json::object scaling;
    for (const auto& [version, config] : record.scaling) {
      scaling.emplace(version, json::array{config.min.value_or(-1), config.max.value_or(-1)});
    }
    out.emplace("scaling", std::move(scaling));
  }
  if (record.last_version > 0) {
    out.emplace("last_version", record.last_version);
    out.emplace("published_code", record.published_code);
    out.emplace("published_config", record.published_config);
  }
  if (record.unfinished_version > 0) {
    out.emplace("unfinished_version", record.unfinished_version);
  }
  return json::serialize(out);
}

std::string encode(const Usage& usage) {
  return json::serialize(json::object{{"v", kFormat},
                                      {"code_bytes", usage.code_bytes},
                                      {"functions", usage.function_count},
                                      {"reserved", usage.reserved_concurrency}});
}

namespace {

void read_provisioned(const json::object& record, FunctionRecord& out) {
  const auto* value = record.if_contains("provisioned");
  if (value == nullptr || !value->is_object()) return;
  for (const auto& [qualifier, config] : value->get_object()) {
    const auto* pair = config.if_array();
    if (!pair || pair->size() != 2 || !(*pair)[0].is_int64() || !(*pair)[1].is_int64()) continue;
    out.provisioned[std::string(qualifier)] = {
        .count = static_cast<std::int32_t>((*pair)[0].get_int64()),
        .modified = Timestamp{(*pair)[1].get_int64()}};
  }
}

void read_scaling(const json::object& record, FunctionRecord& out) {
  const auto* value = record.if_contains("scaling");
  if (value == nullptr || !value->is_object()) return;
  const auto bound = [](const json::value& number) -> std::optional<std::int32_t> {
    if (!number.is_int64() || number.get_int64() < 0) return std::nullopt;
    return static_cast<std::int32_t>(number.get_int64());
  };
  for (const auto& [version, config] : value->get_object()) {
    const auto* pair = config.if_array();
    if (!pair || pair->size() != 2) continue;
    out.scaling[std::string(version)] = {.min = bound((*pair)[0]), .max = bound((*pair)[1])};
  }
}

}  // namespace

Result<FunctionRecord> decode_function(std::string_view bytes) {
  KILN_TRY(const json::object object, parse(bytes, "function"));
  const auto* latest = object.if_contains("latest");
  if (latest == nullptr || !latest->is_object()) {
    return fail(ErrorCode::kInternal, "stored function has no $LATEST");
  }
  FunctionRecord record;
  read_version(Reader(latest->get_object()), record.latest);
  Reader(object).map("tags", record.tags);
  Reader(object).boolean("allows_recursion", record.allows_recursion);
  Reader(object).text("signing", record.code_signing_config);
  read_provisioned(object, record);
  read_scaling(object, record);
  Reader(object).number("last_version", record.last_version);
  Reader(object).text("published_code", record.published_code);
  Reader(object).text("published_config", record.published_config);
  Reader(object).number("unfinished_version", record.unfinished_version);
  if (object.contains("reserved")) {
    Reader(object).number("reserved", record.reserved_concurrency.emplace(0));
  }
  return record;
}

std::string encode_version(const FunctionVersion& function) {
  json::object out = version(function);
  out.emplace("v", kFormat);
  return json::serialize(out);
}

Result<FunctionVersion> decode_version(std::string_view bytes) {
  KILN_TRY(const json::object object, parse(bytes, "version"));
  FunctionVersion out;
  read_version(Reader(object), out);
  return out;
}

Result<Usage> decode_usage(std::string_view bytes) {
  KILN_TRY(const json::object object, parse(bytes, "usage"));
  Usage usage;
  Reader(object).number("code_bytes", usage.code_bytes);
  Reader(object).number("functions", usage.function_count);
  Reader(object).number("reserved", usage.reserved_concurrency);
  return usage;
}

std::string config_sha256(const FunctionVersion& function) {
  return sha256_hex(json::serialize(settings(function)));
}

}  // namespace kiln::lambda
