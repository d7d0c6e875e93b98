// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which functions a zygote may fork (sandbox::ZygoteSpec) and a booted process may wait for
// (sandbox::StandbySpec): those that start like every other of their runtime.

#include "invoke/runtime_catalog.h"
#include "lambda/model/function.h"
#include "sandbox/sandbox.h"

#include <string_view>

namespace kiln::invoke {

// Without a key for runtimes that have no zygote, with AWS_LAMBDA_EXEC_WRAPPER, and with variables
// that a process reads before its first line of code (LD_*, PYTHON*, MALLOC_*, locale, ...).
// Functions of different accounts never share one.
sandbox::ZygoteSpec choose_zygote(const lambda::FunctionVersion& function,
                                  const RuntimeCommand& runtime);

// The same for processes that boot ahead. Those that a zygote forks serve its account; those of an
// exec (Node.js) hold nothing of any account.
// `preloads`: modules that it has loaded ahead (PreloadMemory); the client finds them in
// _KILN_PRELOADS.
sandbox::StandbySpec choose_standby(const lambda::FunctionVersion& function,
                                    const RuntimeCommand& runtime, std::string_view preloads = {});

}  // namespace kiln::invoke
