// SPDX-License-Identifier: Apache-2.0
#include "invoke/zygote_choice.h"

#include "invoke/environment_variables.h"

#include <algorithm>
#include <string_view>

namespace kiln::invoke {
namespace {

constexpr std::string_view kReadAtExec[] = {
    "LD_",      "PYTHON", "MALLOC_", "GLIBC_",  "LC_",   "LANG",
    "OPENSSL_", "GCONV_", "LOCPATH", "NLSPATH", "TZDIR", "AWS_LAMBDA_EXEC_WRAPPER",
};

constexpr std::string_view kReadByNode[] = {"NODE_", "UV_", "SSL_CERT_", "ICU_", "V8_"};

bool reads_at_exec(const lambda::FunctionVersion& function, const auto& prefixes) {
  return std::ranges::any_of(function.environment, [&](const auto& each) {
    return std::ranges::any_of(prefixes,
                               [&](auto prefix) { return each.first.starts_with(prefix); });
  });
}

std::string key_of(const RuntimeCommand& runtime) {
  std::string key = runtime.interpreter;
  for (const auto& directory : runtime.directories) key += "/" + directory.host;
  return key;
}

}  // namespace

sandbox::ZygoteSpec choose_zygote(const lambda::FunctionVersion& function,
                                  const RuntimeCommand& runtime) {
  sandbox::ZygoteSpec zygote;
  if (runtime.zygote_command.empty() || reads_at_exec(function, kReadAtExec)) return zygote;
  zygote.key = function.account + "/" + key_of(runtime);
  zygote.command = runtime.zygote_command;
  zygote.variables = runtime_variables(runtime);
  return zygote;
}

sandbox::StandbySpec choose_standby(const lambda::FunctionVersion& function,
                                    const RuntimeCommand& runtime, std::string_view preloads) {
  sandbox::StandbySpec standby;
  if (!runtime.can_wait || reads_at_exec(function, kReadAtExec)) return standby;
  if (runtime.zygote_command.empty()) {
    if (reads_at_exec(function, kReadByNode)) return standby;
    standby.key = key_of(runtime);
  } else {
    standby.key = function.account + "/" + key_of(runtime);
  }
  standby.variables = runtime_variables(runtime);
  if (!preloads.empty()) {
    standby.otherwise = standby.key;
    standby.key += "+" + std::string(preloads);
    standby.variables.emplace_back("_KILN_PRELOADS", preloads);
  }
  return standby;
}

}  // namespace kiln::invoke
