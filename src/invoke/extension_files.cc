// SPDX-License-Identifier: Apache-2.0
#include "invoke/extension_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

namespace kiln::invoke {
namespace {

constexpr std::array<std::string_view, 10> kOfTheRuntimeAlone{
    "AWS_EXECUTION_ENV",          "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",           "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",      "_HANDLER"};

}  // namespace

std::vector<std::string> external_extensions(const std::vector<std::string>& layer_directories) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  for (const std::string& layer : layer_directories) {
    std::error_code error;
    for (fs::directory_iterator it(layer + "/extensions", error), end; !error && it != end;
         it.increment(error)) {
      std::error_code ignored;
      if (!it->is_directory(ignored)) names.push_back(it->path().filename().string());
    }
  }
  std::ranges::sort(names);
  const auto [first, last] = std::ranges::unique(names);
  names.erase(first, last);
  return names;
}

sandbox::ProcessSpec extension_process(const std::string& name, const Variables& platform,
                                       const Variables& variables) {
  sandbox::ProcessSpec spec;
  spec.name = name;
  spec.command = {"{opt}/extensions/" + name};
  for (const auto& variable : platform) {
    if (std::ranges::find(kOfTheRuntimeAlone, variable.first) == kOfTheRuntimeAlone.end())
      spec.platform_variables.push_back(variable);
  }
  spec.variables = variables;
  return spec;
}

std::string with_extension_path(std::string_view message, std::string_view name) {
  const std::string tail = "/extensions/" + std::string(name);
  const auto end = message.find(tail);
  if (end == std::string_view::npos) return std::string(message);
  const auto space = message.rfind(' ', end);
  const auto begin = space == std::string_view::npos ? 0 : space + 1;
  std::string out(message.substr(0, begin));
  out.append("/opt").append(message.substr(end));
  return out;
}

}  // namespace kiln::invoke
