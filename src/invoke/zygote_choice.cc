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

bool read_at_exec(std::string_view name) {
  return std::ranges::any_of(kReadAtExec, [&](auto prefix) { return name.starts_with(prefix); });
}

}  // namespace

sandbox::ZygoteSpec choose_zygote(const lambda::FunctionVersion& function,
                                  const RuntimeCommand& runtime) {
  sandbox::ZygoteSpec zygote;
  if (runtime.zygote_command.empty()) return zygote;
  if (std::ranges::any_of(function.environment,
                          [](const auto& each) { return read_at_exec(each.first); })) {
    return zygote;
  }
  zygote.key = function.account + "/" + runtime.interpreter;
  for (const auto& directory : runtime.directories) zygote.key += "/" + directory.host;
  zygote.command = runtime.zygote_command;
  zygote.variables = runtime_variables(runtime);
  return zygote;
}

}  // namespace kiln::invoke
