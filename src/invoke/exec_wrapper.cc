// SPDX-License-Identifier: Apache-2.0
#include "invoke/exec_wrapper.h"

#include <string_view>

namespace kiln::invoke {
namespace {

constexpr std::string_view kScript =
    R"([ -f "$1" ] || { echo "$1: does not exist" >&2; exit 127; }; )"
    R"([ -x "$1" ] || { echo "$1: is not executable" >&2; exit 126; }; )"
    R"(exec "$@")";

// The sandbox's places for AWS's: not every isolation level can mount at /var/task and /opt.
std::string as_sandbox_sees(const std::string& path) {
  constexpr std::string_view kTask = "/var/task/";
  constexpr std::string_view kLayers = "/opt/";
  if (path.starts_with(kTask)) return "{task}/" + path.substr(kTask.size());
  if (path.starts_with(kLayers)) return "{opt}/" + path.substr(kLayers.size());
  return path;
}

}  // namespace

std::vector<std::string> start_command(const RuntimeCommand& runtime,
                                       const std::map<std::string, std::string>& variables) {
  const auto wrapper = variables.find("AWS_LAMBDA_EXEC_WRAPPER");
  const bool wrapped = wrapper != variables.end() && !wrapper->second.empty();
  if (!wrapped || runtime.interpreter.empty()) return runtime.command;
  std::vector<std::string> command{"/bin/sh", "-c", std::string(kScript), "sh",
                                   as_sandbox_sees(wrapper->second)};
  command.insert(command.end(), runtime.command.begin(), runtime.command.end());
  return command;
}

}  // namespace kiln::invoke
