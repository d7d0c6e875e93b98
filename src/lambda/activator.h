// SPDX-License-Identifier: Apache-2.0
#pragma once
// Activator ends what CreateFunction and the updates begin: it makes sure that the code lies
// unpacked, then sets the function Active and its update Successful, or Failed with the reason.
// A mark in the store survives a crash; start() goes on with what was left.
// Threads: one loop.

#include "async/gate.h"
#include "async/task.h"
#include "base/random.h"
#include "lambda/code/code_store.h"
#include "lambda/keys.h"
#include "lambda/store/function_repository.h"

#include <cstdint>
#include <functional>
#include <string>

namespace kiln::lambda {

class Activator {
 public:
  // `placed`: the code of a published version is in place, and the version waits for its snapshot.
  using Placed = std::function<void(const FunctionKey&, std::int64_t version)>;
  Activator(FunctionRepository& repository, CodeStore& code, Random& random, Placed placed);

  // Ends unfinished work of an earlier run, in the background. Error: the store could not be read.
  Task<Status> start();
  Task<void> stop();

  // In the background; answers at once.
  void activate(FunctionKey key);

 private:
  Task<void> run(FunctionKey key, Gate::Pass pass);
  Task<void> run_all(std::vector<FunctionKey> keys, Gate::Pass pass);
  Task<void> finish(FunctionKey key);

  FunctionRepository& repository_;
  CodeStore& code_;
  Random& random_;
  const Placed placed_;
  Gate gate_;
  bool stopping_ = false;
};

}  // namespace kiln::lambda
